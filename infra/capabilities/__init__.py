"""Parts a stack is made of, one capability a file."""
