"""What callers send: strict pydantic models, one module per noun. Unknown keys are refused."""
