"""Real servers and processes for tests and measurements, and waiting for facts instead of times."""
