"""Named statements, by noun. Each hot one says which index serves it; columns come as arrays through ``unnest``."""
