"""The tests. What they share is in `support/`; fixtures for all are in `conftest.py`."""
