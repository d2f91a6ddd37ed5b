"""The routes, one module per noun. Each endpoint names who may call it: ``@needs(role)`` or ``@public``."""
