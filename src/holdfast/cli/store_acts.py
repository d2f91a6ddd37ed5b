"""What commands do in the store itself, without a server, stands in the audit log too: as the act of the ``store``, by
whoever the operating system says runs the command.

It stands in the log of the instance, and in those of the tenants that it concerns. Raises ``Unavailable`` when it can't
be written.
"""

import getpass
from collections.abc import Collection

from holdfast.model.audit import INSTANCE, NewAudit
from holdfast.model.json import JSONObject
from holdfast.ports import Store


async def record(store: Store, action: str, target: str, detail: JSONObject, tenants: Collection[str] = ()) -> None:
    now, by = await store.clock(), _who()
    acts = [
        NewAudit(tenant, now, "store", "", by, action, target, "done", detail=detail)
        for tenant in sorted({INSTANCE, *tenants})
    ]
    await store.append_audit(acts)


def _who() -> str:
    """The user of the operating system; a container's may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
