"""Bytes of every kind, led by coverage: `make fuzz`."""
