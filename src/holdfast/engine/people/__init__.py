"""People: how they prove who they are, their sessions and accounts, the links that let them in.

``People`` in ``people`` is the entrance. What proves a person is refused with one and the same error, whatever was
wrong with it, and takes the same time.
"""
