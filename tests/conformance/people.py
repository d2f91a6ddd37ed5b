"""People, service accounts, sessions, invites and keys as tests make them."""

from typing import Any

from holdfast.model.access import ApiKey, Invite, Role, Session, User
from holdfast.model.instant import DAY, HOUR
from holdfast.ports import NewTenant, NewUser
from tests.conformance.scene import TENANT, Scene, new_id


def person(scene: Scene, name: str = "ada", password_hash: str | None = "$argon2id$", **fields: Any) -> NewUser:
    user = User(
        new_id(scene.now),
        "person",
        name.title(),
        scene.now,
        email=f"{name}@example.com",
        has_password=password_hash is not None,
        **fields,
    )
    return NewUser(user, password_hash)


def account(scene: Scene, name: str = "deploy") -> NewUser:
    return NewUser(User(new_id(scene.now), "service", name, scene.now))


async def add_person(
    scene: Scene, name: str = "ada", role: Role = Role.EDITOR, tenant: str = TENANT, **fields: Any
) -> User:
    new = person(scene, name, **fields)
    await scene.store.add_user(new, tenant, role, scene.now)
    return new.user


async def add_account(scene: Scene, name: str = "deploy", role: Role = Role.EDITOR, tenant: str = TENANT) -> User:
    new = account(scene, name)
    await scene.store.add_user(new, tenant, role, scene.now)
    return new.user


async def add_tenant(scene: Scene, name: str) -> str:
    return (await scene.store.create_tenant(NewTenant(new_id(scene.now), name), scene.now)).id


def key(scene: Scene, role: str = "editor", tenant: str = TENANT, **fields: Any) -> ApiKey:
    return ApiKey(new_id(scene.now), tenant, "ci", role, False, scene.now, **fields)


def session(scene: Scene, user: User, tenant: str = TENANT) -> Session:
    return Session(
        new_id(scene.now), user.id, tenant, scene.now, scene.now, scene.now + DAY, "203.0.113.9", "Browser/1"
    )


async def sign_in(scene: Scene, user: User, token_hash: bytes, tenant: str = TENANT) -> Session:
    made = session(scene, user, tenant)
    await scene.store.add_session(made, token_hash)
    return made


def invite(scene: Scene, email: str = "bob@example.com", role: Role = Role.EDITOR, tenant: str = TENANT) -> Invite:
    return Invite(new_id(scene.now), "member", email, "Ada", scene.now, scene.now + HOUR, tenant, role)


def password_link(scene: Scene, user: User) -> Invite:
    assert user.email is not None
    return Invite(new_id(scene.now), "password", user.email, "Ada", scene.now, scene.now + HOUR, user_id=user.id)
