"""The same seed lives the same life again, and in other processes, whose hashes and addresses differ."""

import hashlib
import os
import subprocess
import sys

from tests.simulation.cluster import run_seed

SEEDS = range(40, 52)


def lives() -> str:
    """A digest of everything that these seeds did."""
    digest = hashlib.sha256()
    for seed in SEEDS:
        outcome = run_seed(seed)
        digest.update("\n".join((*outcome.trace, str(outcome.steps), str(outcome.seconds))).encode())
    return digest.hexdigest()


def test_a_seed_lives_the_same_life_again() -> None:
    assert lives() == lives()


def test_a_seed_lives_the_same_life_in_every_process() -> None:
    script = "from tests.simulation.test_replay import lives; import sys; sys.stdout.write(lives())"
    answers = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(answers) == 1
