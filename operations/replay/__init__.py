"""`clickstream replay`: raw objects of a span of time, once more into the stream or the files."""
