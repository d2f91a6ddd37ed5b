"""Where a tenant's steps may connect to, as a value. Pure.

``also`` opens private networks to it (``10.1.2.0/24``, ``10.0.0.5``) that are closed otherwise; ``only`` (None: any
that is open) names the hosts, ``*.`` wildcards and networks that it may reach at all. What one refuses is refused.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Egress:
    """Both lists are set by admins of the instance."""

    also: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
