"""Named statements, by noun. Each hot one says which index serves it; ``{rows}`` stands for a VALUES list."""
