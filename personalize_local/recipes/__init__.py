"""Recipes: arrays in, arrays out. Nothing here knows of files, requests or names of users."""
