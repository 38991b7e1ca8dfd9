"""Filters: the expression language, its check against schemas, and which items or users it lets through."""
