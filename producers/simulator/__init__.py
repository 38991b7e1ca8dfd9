"""Seeded shoppers: traffic like a shop's, whose truth is known to the last event."""
