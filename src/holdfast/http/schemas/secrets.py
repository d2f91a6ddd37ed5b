"""A secret as it is sent. Its value is never sent back."""

from typing import Any

from pydantic import Field

from holdfast.engine.connections.connections import ConnectionDraft
from holdfast.engine.secret_drafts import LONGEST_DESCRIPTION, LONGEST_VALUE, SecretDraft
from holdfast.http.schemas.fields import Body
from holdfast.model.errors import Invalid, Problem
from holdfast.ports import KEEP


class SecretIn(Body):
    """The value or the connection to keep; it replaces one that is there. What isn't given beside it stays as it is."""

    value: str | None = Field(
        None,
        min_length=1,
        max_length=LONGEST_VALUE,
        repr=False,
        description="Text of at most 64 KiB.",
        examples=["s3cr3t"],
    )
    connection: dict[str, Any] | None = Field(
        None,
        repr=False,
        description="A document of a `type`, as `GET /api/v1/connection-types` lists them. A confidential field that "
        "is left out stays as it is, if it goes nowhere new.",
        examples=[{"type": "smtp", "host": "smtp.example.com", "username": "flows", "password": "s3cr3t"}],
    )
    hosts: list[str] | None = Field(
        None,
        description="The only hosts that it may be sent to: names, or *. and a name for all below it. null: any.",
        examples=[["api.example.com", "*.example.org"]],
    )
    kinds: list[str] | None = Field(
        None,
        description="The only kinds of jobs that it may go into; a last * stands for any rest. null: any.",
        examples=[["http.request", "task:billing.*"]],
    )
    description: str = Field("", max_length=LONGEST_DESCRIPTION, description="What it is for.")

    def draft(self) -> SecretDraft | ConnectionDraft:
        """Raises ``Invalid``."""
        if (self.value is None) == (self.connection is None):
            raise Invalid([Problem("value", "give one of value and connection")], "The secret is not valid")
        given = self.model_fields_set
        hosts = _bound(self.hosts) if "hosts" in given else KEEP
        kinds = _bound(self.kinds) if "kinds" in given else KEEP
        description = self.description if "description" in given else KEEP
        if self.connection is None:
            return SecretDraft(self.value or "", hosts=hosts, kinds=kinds, description=description)
        fields = {name: value for name, value in self.connection.items() if name != "type"}
        return ConnectionDraft(self.connection.get("type"), fields, hosts, kinds, description)


def _bound(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)
