"""Where an instance's things lie in the broker. Every key has the same hash tag, so on a Cluster all are on one node.

| key | what |
| --- | --- |
| ``stream:<queue>`` | offers of a queue, group ``workers``; an entry is deleted when it is settled |
| ``offered:<queue>`` | sorted set of the jobs that are offered: job id → expiry in milliseconds |
| ``known``, ``queues`` | the queues that ever had offers; the order in which workers look at them |
| ``served`` | the queues that workers ever named, with offers or without |
| ``seats``, ``profiles``, ``gone`` | workers' seats; what they serve and can run, by digest; workers that fell silent |
| ``desk:<worker>`` | a stream that lets the waiting read of one worker return |
| ``bell``, ``lead`` | a list of at most one ring; the leading relay |
| ``pulse``, ``probe:…`` | what is written to see whether the server can be used; they expire, or are empty |

Channels begin alike: ``news``, ``events:<tenant>``.
"""

import hashlib
from typing import Final

GROUP: Final = "workers"
COMMAND: Final = 2.0  # seconds that a call may take


def namespace(secret_key: str | bytes, store: str = "") -> str:
    """An instance's name in the broker: two may share one, even with the same key, by the identities of their stores.
    Nothing about the key follows from it."""
    key = secret_key.encode() if isinstance(secret_key, str) else secret_key
    named = key + b"\0" + store.encode() if store else key
    return hashlib.blake2b(named, digest_size=6, person=b"holdfast-redis").hexdigest()


def prefix_of(name: str) -> str:
    """What every key and channel of the instance begins with."""
    return f"holdfast:{{{name}}}:"
