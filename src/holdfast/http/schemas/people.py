"""People, sessions, accounts and links as they are sent. What prints a body shows no password, code or token."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from holdfast.http.query import ListParameters
from holdfast.http.schemas.fields import Body

RoleName = Literal["owner", "admin", "editor", "operator", "viewer"]
Email = Annotated[str, Field(min_length=3, max_length=254, examples=["ada@example.com"])]
Name = Annotated[str, Field(min_length=1, max_length=100, examples=["Ada Lovelace"])]
# What may be chosen is stricter, and says so in words of its own.
Password = Annotated[str, Field(min_length=1, max_length=1024, json_schema_extra={"format": "password"})]
Code = Annotated[str, Field(min_length=1, max_length=64)]
Token = Annotated[str, Field(min_length=1, max_length=200)]


class Confidential(Body):
    """A body that isn't shown by what prints it."""

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return ()


class SignInBody(Confidential):
    """Who signs in; `code` is a one-time code or a recovery code, for those who have set that up."""

    email: Email
    password: Password
    code: Code | None = None


class SetupBody(Confidential):
    """The first owner. A password has 12 to 256 characters."""

    email: Email
    name: Name
    password: Password


class SessionPatch(Body):
    """Another tenant to work in."""

    tenant: str = Field(min_length=1, max_length=100)


class AccountPatch(Body):
    name: Name


class PasswordBody(Confidential):
    """The password as it is and as it shall be."""

    current: Password
    new: Password


class CodesBody(Confidential):
    """The secret that was given, a code that the app shows for it, and the password."""

    secret: str = Field(min_length=1, max_length=64)
    code: Code
    password: Password


class ConfirmedBody(Confidential):
    """The password, once more."""

    password: Password


class MemberPatch(Body):
    """Another role in the tenant; `disabled` and `instance_admin` are for admins of the instance."""

    role: RoleName | None = None
    disabled: bool | None = None
    instance_admin: bool | None = None


class InviteBody(Body):
    """Whom to invite. `tenant` is for admins of the instance; others invite into their own."""

    email: Email
    role: RoleName
    tenant: str | None = Field(None, max_length=100)


class LinkBody(Confidential):
    """The token of a link: what stands behind its `#`."""

    token: Token


class AcceptBody(Confidential):
    """The token, and what the link asks for: a new person's name and password, a known one's password."""

    token: Token
    name: Name | None = None
    password: Password | None = None
    code: Code | None = None


class OpenIdBody(Confidential):
    """With the token of an invite: who comes back accepts it."""

    invite: Token | None = None


class ServiceAccountBody(Body):
    """A service account: it signs in nowhere, and has keys."""

    name: Name
    role: RoleName


class InvitesQuery(ListParameters):
    """Which invites a list shows."""

    tenant: str | None = Field(None, max_length=100, description="For admins of the instance; your own when left out.")
