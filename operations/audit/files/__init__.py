"""The audit of the files for Personalize: what the lake and the catalog hold is in them, or it is said why not."""
