"""What goes into the entrance for webhooks and comes out of it."""

from dataclasses import dataclass

from holdfast.engine.started import Started
from holdfast.model.instant import Micros
from holdfast.model.json import JSON, JSONObject
from holdfast.model.signatures import Proof
from holdfast.model.trigger import TriggerRecord, WebhookSpec
from holdfast.model.webhook_answer import WebhookAnswer


@dataclass(frozen=True, slots=True)
class Hook:
    """An active webhook. ``unsigned`` only when its definition asks for no signature, not when that can't be read."""

    record: TriggerRecord
    spec: WebhookSpec
    unsigned: bool


@dataclass(frozen=True, slots=True)
class Admitted:
    """A sender that proved itself at a hook; only ``Hooks.admit`` makes one."""

    hook: Hook
    proof: Proof


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook request, its body decoded by its declared type. ``rest`` is what follows the key in the path,
    in whose place ``path`` has a ``*``.

    ``headers`` have names in lower case, and none that holds credentials. ``raw_digest`` is the SHA-256 of the raw
    body, hex.
    """

    method: str
    path: str
    rest: str
    query: JSONObject
    headers: JSONObject
    body: JSON
    raw_digest: str


class TooMany(Exception):
    """The trigger's rate is used up; it has room again ``wait`` from now."""

    def __init__(self, wait: Micros, rate: str) -> None:
        super().__init__(f"this address takes {rate}, and that is used up")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Told:
    """An answer of the engine's."""

    status: int
    document: JSON


@dataclass(frozen=True, slots=True)
class RunFailed:
    """The run ended otherwise than its caller waits for; why isn't the caller's business."""

    run_id: str
    state: str


HookAnswer = Told | RunFailed | WebhookAnswer


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that was accepted: what it started has committed. ``at_once`` is the answer that waits for nothing."""

    hook: Hook
    started: Started
    at_once: Told
