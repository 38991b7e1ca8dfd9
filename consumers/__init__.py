"""Lambda functions: what reads the stream, the bus and the queues; each a folder with its function.yaml."""
