"""Event subscriptions as they are sent. What they mean is checked by the engine, all problems at once."""

from typing import Any, Final, Self

from pydantic import Field, model_validator

from holdfast.engine.subscription_drafts import SubscriptionDraft
from holdfast.http.schemas.fields import Body
from holdfast.ports import KEEP, SubscriptionChange

_TYPES: Final = "Types such as `order.paid`; `order.*` stands for all that begin so, `*` for all."
_CONDITION: Final = "An expression over `event`; only events for which it is true are delivered."
_SECRET: Final = "`whsec_` and 24 to 64 bytes in base64. Left out, one is made."


class SubscriptionIn(Body):
    """A subscription to make: which events go to which address."""

    url: str = Field(examples=["https://crm.example.com/webhooks"])
    types: list[str] = Field(description=_TYPES, examples=[["order.*"]])
    title: str = ""
    condition: str | None = Field(None, description=_CONDITION, examples=["event.data.total > 100"])
    enabled: bool = True
    secret: str | None = Field(None, repr=False, description=_SECRET)

    def draft(self) -> SubscriptionDraft:
        return SubscriptionDraft(
            self.url, tuple(self.types), self.title, self.condition, enabled=self.enabled, secret=self.secret
        )


class SubscriptionPatch(Body):
    """New settings; what is left out stays. Enabled again, it gets what comes from then on."""

    url: str = ""
    types: list[str] = Field(default_factory=list, description=_TYPES)
    title: str = ""
    condition: str | None = Field(None, description=_CONDITION)
    enabled: bool = True

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("must name at least one thing to change")
        return self

    def change(self) -> SubscriptionChange:
        return SubscriptionChange(
            url=self._given("url", self.url),
            types=self._given("types", tuple(self.types)),
            title=self._given("title", self.title),
            condition=self._given("condition", self.condition),
            enabled=self._given("enabled", self.enabled),
        )

    def _given(self, name: str, value: Any) -> Any:
        return value if name in self.model_fields_set else KEEP


class RotateIn(Body):
    """A secret of one's own, so that the call may be repeated; left out, one is made by each call."""

    secret: str | None = Field(None, repr=False, description=_SECRET)
