"""What a request is answered whose dedupe key was used before: the ids that the first one was, in the same order.

A store keeps with the key what was answered, not what was sent: a job whose unique key another held was never inserted.
"""

from collections.abc import Collection, Sequence

from holdfast.ports import Accepted, Dedupe


def repeated(guard: Dedupe, fingerprint: str, answered: Sequence[str], made: Collection[str]) -> list[Accepted]:
    """``fingerprint`` and ``answered`` are the first request's; ``made`` are the ids that this call brought along.

    One that is among those answered shows that an earlier try of this very call committed: it is no duplicate.
    """
    if fingerprint != guard.fingerprint:
        return [Accepted(one, conflict=True) for one in answered]
    return [Accepted(one, duplicate=one not in made) for one in answered]
