"""The reconciler: what Personalize is to hold, held against what it holds, until they agree."""
