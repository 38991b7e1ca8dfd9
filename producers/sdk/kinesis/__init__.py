"""Kinesis as the stream: by signed requests of our own, or by boto3."""
