"""The pure core: jobs, retries, workflows, runs, expressions.

Standard library only. Nothing here reads a clock, draws randomness, waits, logs or does I/O: time, ids and
random numbers come in as arguments, so every rule can be tested exhaustively and replayed from a seed.
"""
