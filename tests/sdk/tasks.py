"""Tasks that the client's tests let a real server run."""

from dataclasses import dataclass

import holdfast


@dataclass
class Customer:
    """An argument that isn't JSON yet."""

    name: str
    vip: bool = False


@holdfast.task(name="sdk.greet")
async def greet(customer: Customer) -> str:
    return f"{'Dear' if customer.vip else 'Hello'} {customer.name}"


@holdfast.task(name="sdk.fail", max_attempts=1)
async def fail() -> None:
    raise ValueError("on purpose")


@holdfast.task(name="sdk.send_invoice")
async def send_invoice(customer: str) -> str:
    return f"sent to {customer}"
