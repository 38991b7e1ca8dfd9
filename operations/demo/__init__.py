"""`make demo`: the whole way from a click to files for Personalize, on this machine, with the ledger to prove it."""
