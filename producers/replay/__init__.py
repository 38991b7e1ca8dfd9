"""Past events from files: CSV, JSON lines or Parquet in, accepted events out."""
