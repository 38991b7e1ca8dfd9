"""Items and users on their way to the raw bucket: files of one's own in, snapshots out."""
