"""`make demo`: the whole way from a click to the lake, on this machine, with the ledger to prove it."""
