"""The job `interactions`: the lake to the Interactions dataset."""
