"""The version, apart from the package's other exports: whoever names it needn't load them."""

__version__ = "0.1.0"
