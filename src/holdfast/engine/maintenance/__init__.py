"""What mends and tidies. Any process may run any of it at any time: each round is guarded by the store.

Where several processes share a store one of them leads and runs the rounds (``leading``), which only saves work.
"""
