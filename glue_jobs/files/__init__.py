"""From rows to files that Personalize imports: what the jobs for interactions, items and users share."""
