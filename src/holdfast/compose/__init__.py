"""Composition: the one place that names adapters.

``build`` makes an ``Engine`` from settings, with its store open and, where that is this process's business, migrated. A
store that this process can't work with (not migrated, another secret key) is an ``Invalid`` that says the way out.
"""

from holdfast.compose.adapters import MEMORY, is_postgres, look_at_broker, open_store
from holdfast.compose.process import Role, build, public_address

__all__ = ["MEMORY", "Role", "build", "is_postgres", "look_at_broker", "open_store", "public_address"]
