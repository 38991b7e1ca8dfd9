"""Checks of the synthesized templates that unit assertions cannot make."""
