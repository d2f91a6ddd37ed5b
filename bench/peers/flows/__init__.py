"""Workflow systems beside ours: a run of 40 steps, a run of 100 steps beside each other, many runs of 5 steps."""
