"""One parsed expression serves many threads, each with its own scope and budget."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from holdfast.model.expression import parse

THREADS = 4


def test_threads_share_an_expression() -> None:
    expression = parse("rows.map(x, rows.filter(y, y < x).size() + base)")
    together = Barrier(THREADS)

    def work(base: int) -> bool:
        scope: dict[str, object] = {"rows": list(range(30)), "base": base}
        together.wait()
        expected = [x + base for x in range(30)]
        return all(expression.evaluate(scope) == expected for _ in range(20))

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(work, range(THREADS))) == [True] * THREADS
