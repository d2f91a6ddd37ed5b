"""A task that proves which value of a secret it read, without giving it away."""

from hashlib import sha256

from holdfast import Context, task


@task(name="rotation.proves")
async def proves(ctx: Context, name: str) -> str:
    return sha256((await ctx.secret(name)).encode()).hexdigest()
