"""Replays seeds and tells what was done: ``python -m tests.simulation SEED…``."""

import sys

from tests.simulation.cluster import run_seed


def main(seeds: list[str]) -> int:
    failed = 0
    for seed in seeds:
        outcome = run_seed(int(seed))
        sys.stdout.write("\n".join((*outcome.trace, f"seed {seed}: {len(outcome.violations)} violations", "")))
        sys.stdout.write("".join(f"  {sentence}\n" for sentence in outcome.violations))
        failed += bool(outcome.violations)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
