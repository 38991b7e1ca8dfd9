"""The audit of the stream consumer: what it says it read, against what lies in raw."""
