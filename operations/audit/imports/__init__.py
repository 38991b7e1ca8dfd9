"""The audit of imports: what was published, against what Personalize says it imported."""
