"""The system on a laptop: an AWS endpoint, a deployer, and runners for what the endpoint only pretends to do."""
