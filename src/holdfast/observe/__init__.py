"""What watches the engine: logs and metrics. Subscribers only; nothing in the engine knows them."""
