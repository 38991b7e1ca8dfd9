"""Work that takes long, in processes of its own: imports, trainings, exports, deletions, batches."""
