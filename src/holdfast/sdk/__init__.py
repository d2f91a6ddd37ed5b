"""Holdfast from your own program: a client of the API, async and sync, and inserts in your own transaction."""
