"""Requests counted by route: the template and never the address, so that labels stay few and tell no secret."""

from typing import Final

from prometheus_client import CollectorRegistry, Histogram, generate_latest

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Meter:
    """A histogram of requests; its count is the number of requests."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "holdfast_http_request_seconds",
            "Requests by method, route and status.",
            ["method", "route", "status"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._children: dict[tuple[str, str, int], Histogram] = {}

    def record(self, method: str, route: str, status: int, seconds: float) -> None:
        known = method if method in _METHODS else "other"
        child = self._children.get((known, route, status))
        if child is None:
            child = self._seconds.labels(known, route, str(status))
            self._children[known, route, status] = child
        child.observe(seconds)

    def render(self) -> bytes:
        """The text exposition."""
        return generate_latest(self._registry)
