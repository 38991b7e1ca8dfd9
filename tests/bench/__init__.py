"""Benchmarks: what the parts cost, measured beside the best tools for the same work. Asserts nothing about speed."""
