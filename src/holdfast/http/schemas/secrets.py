"""A secret's value as it is sent. It is never sent back."""

from pydantic import Field

from holdfast.engine.secret_drafts import LONGEST_VALUE
from holdfast.http.schemas.fields import Body


class SecretIn(Body):
    """The value to keep; it replaces one that is there."""

    value: str = Field(
        min_length=1, max_length=LONGEST_VALUE, repr=False, description="Text of at most 64 KiB.", examples=["s3cr3t"]
    )
