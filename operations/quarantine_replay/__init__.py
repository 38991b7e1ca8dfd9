"""`clickstream quarantine replay`: lines that the contract takes by now go in again."""
