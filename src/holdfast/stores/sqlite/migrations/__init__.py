"""The numbered schema of a SQLite store; see ``stores.migrations``."""
