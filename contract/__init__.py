"""What an event, an item and a user are. Everything else derives from it; it imports nothing of ours.

Plain Python, so that Spark jobs can carry it: only `contract.codec` and `contract.generated.types` need msgspec.
"""
