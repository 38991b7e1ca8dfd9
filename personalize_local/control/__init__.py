"""The control plane: one file a resource."""
