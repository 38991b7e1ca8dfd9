"""The gate: whether Personalize would accept a dataset's files, and whether they are worth training on."""
