"""The wire: the three services' operations, read from botocore's own models, and what a request must look like."""
