"""For the tests of your own tasks and workflows: the real engine in memory, with a clock that you move.

::

    async with holdfast.testing.engine(tasks=[send_invoice]) as hf:
        job = await hf.enqueue(send_invoice, {"customer": "c-1"}, delay="1h")
        hf.clock.move("1h")
        await hf.drain()
        await hf.assert_succeeded(job)

Nothing is simulated: it is the engine that ``holdfast up`` runs, on SQLite in memory, with one worker. Only time is
yours: what is due later (delays, retries, deadlines) becomes due when you move the clock.
"""

from holdfast.testing.clock import MovableClock
from holdfast.testing.instance import Instance, engine

__all__ = ["Instance", "MovableClock", "engine"]
