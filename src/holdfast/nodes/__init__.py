"""The node library: one file per kind, and the registry that finds a kind's code."""
