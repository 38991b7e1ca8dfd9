"""The audit: does every accepted event have exactly one fate, and is the store as the ledger says?"""
