"""Stacks by lifecycle: what holds data, and what moves it."""
