"""The runners' side, with the standard library only: each runs in its peer's own environment.

``python -m bench.peers.flows.NAME.run URL SCALE`` prints ``begin`` when it is warm and, at the end, the milliseconds of
each long and each wide run, and how many short runs a second.
"""

import json
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter

STEPS = 40
WAYS = 100
SHORT_STEPS = 5
_REPEATS = 10
_WARM_UP = 2

Run = Callable[[], Awaitable[object]]


def url() -> str:
    return sys.argv[1]


def runs_of(full: int) -> int:
    """How many short runs: as many as the system does in some seconds."""
    return max(int(full * float(sys.argv[2])), 10)


async def laps(long: Run, wide: Run, short: Callable[[int], Awaitable[object]], runs: int) -> None:
    """Times what it is given, one after the other; ``short`` starts so many runs at once and waits for all."""
    for run in (long, wide):
        for _ in range(_WARM_UP):
            await run()
    await short(10)
    print("begin", flush=True)
    told = {"steps": await _times(long), "fan": await _times(wide)}
    began = perf_counter()
    await short(runs)
    print(json.dumps({**told, "runs": runs / (perf_counter() - began)}), flush=True)


async def _times(run: Run) -> list[float]:
    times = []
    for _ in range(_REPEATS):
        began = perf_counter()
        await run()
        times.append((perf_counter() - began) * 1000)
    return times
