"""A secret as it is sent. Its value is never sent back."""

from pydantic import Field

from holdfast.engine.secret_drafts import LONGEST_DESCRIPTION, LONGEST_VALUE, SecretDraft
from holdfast.http.schemas.fields import Body
from holdfast.ports import KEEP


class SecretIn(Body):
    """The value to keep; it replaces one that is there. What isn't given beside it stays as it is."""

    value: str = Field(
        min_length=1, max_length=LONGEST_VALUE, repr=False, description="Text of at most 64 KiB.", examples=["s3cr3t"]
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

    def draft(self) -> SecretDraft:
        given = self.model_fields_set
        return SecretDraft(
            self.value,
            hosts=_bound(self.hosts) if "hosts" in given else KEEP,
            kinds=_bound(self.kinds) if "kinds" in given else KEEP,
            description=self.description if "description" in given else KEEP,
        )


def _bound(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)
