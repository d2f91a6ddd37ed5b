"""What mends and tidies. Any process may run any of it at any time: each is guarded by the store, not by a leader."""
