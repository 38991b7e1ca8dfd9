"""Sends each click to Personalize while the visit lasts, and keeps what serving needs to know now."""
