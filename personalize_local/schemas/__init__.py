"""Schemas of datasets: which Avro records Personalize takes, and what they say of a column."""
