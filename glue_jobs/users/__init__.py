"""The job `users`: snapshots of the catalog to the Users dataset."""
