"""A command that the broker refused because of the state of its keys: nothing is wrong with the broker."""


class Refused(Exception):
    """``code`` is the first word of the answer: NOGROUP, UNBLOCKED, NOSCRIPT, BUSYGROUP."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
