"""The engine: takes work in, claims it, runs it, commits what came of it, and mends what a crash left behind.

It knows the outside only through ``holdfast.ports``. Every long-lived part has the same shape: ``run`` until cancelled,
around a ``run_once`` that does the work and can be called alone.
"""
