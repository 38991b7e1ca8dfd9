"""What a newly promoted version recommends to the users of now, ready before they ask."""
