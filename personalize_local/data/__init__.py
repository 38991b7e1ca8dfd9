"""Rows of datasets: from CSV to segments on disk, and from segments to arrays that recipes learn from."""
