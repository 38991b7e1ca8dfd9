"""`clickstream send`: events at a chosen rate, against the SDK or the collector, and how soon each was acknowledged."""
