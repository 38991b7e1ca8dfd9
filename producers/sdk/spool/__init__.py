"""What was accepted, on disk until it is delivered: an append-only log a producer, adopted by others when it dies."""
