"""From snapshots of the catalog to the files of items and users: what the two jobs share."""
