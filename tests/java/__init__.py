"""Conformance with AWS's own Java classes: `make conformance`."""
