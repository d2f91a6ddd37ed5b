"""The first person of an instance, an owner of its first tenant and an admin of the instance. There is one, ever."""

from typing import Final

from holdfast.engine.people.addresses import address_of, name_of
from holdfast.engine.people.passwords import Passwords, checked
from holdfast.model.access import User
from holdfast.model.instant import Instant
from holdfast.ports import Entropy, NewUser, Store

# The tenant of the local user and the first of every instance.
FIRST_TENANT: Final = "default"


async def add_first_owner(
    store: Store, entropy: Entropy, passwords: Passwords, now: Instant, email: str, name: str, password: str
) -> User | None:
    """Who was made; None, and nothing, when there is a person already. Raises ``Invalid``."""
    address = address_of(email)
    shown = name_of(name or address.partition("@")[0])
    hashed = await passwords.hash(checked(password, address))
    user = User(entropy.new_id(now), "person", shown, now, email=address, instance_admin=True)
    return user if await store.add_first_owner(NewUser(user, hashed), FIRST_TENANT, now) else None
