"""Benchmarks: what one process does on this machine, on each store, with the shipped defaults.

``python -m bench`` runs everything; ``python -m bench drain --store sqlite`` one measurement on one store. Figures are
medians over repetitions on a quiet machine (see ``bench.noise``). Nothing here takes a path that a user's process
wouldn't take. ``docs/benchmarks.md`` says what each figure means.
"""
