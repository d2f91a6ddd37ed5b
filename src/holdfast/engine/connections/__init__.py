"""Connections: secrets that say how to reach something, as a document of a type."""
