"""A lifeline that ends in the test: what an attempt told its worker, and the steps that it kept."""

from holdfast.model.json import JSON


class Told:
    """``owner`` False: the lease is gone, and nothing is kept any more."""

    def __init__(self, **kept: JSON) -> None:
        self.kept: dict[str, JSON] = dict(kept)
        self.beats: list[JSON] = []
        self.reads = 0
        self.owner = True

    def beat(self, progress: JSON = None) -> None:
        self.beats.append(progress)

    async def steps(self) -> dict[str, JSON]:
        self.reads += 1
        return dict(self.kept)

    async def keep(self, name: str, result: JSON) -> bool:
        if self.owner:
            self.kept[name] = result
        return self.owner
