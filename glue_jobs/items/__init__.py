"""The job `items`: snapshots of the catalog to the Items dataset."""
