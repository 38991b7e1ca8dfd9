"""`clickstream check`: the quality gate on Personalize files of one's own."""
