"""The `clickstream` command: what a person does with the system."""
