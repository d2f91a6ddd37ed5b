"""How many examples property tests try: a third of what they name by default, all of it with the chaos tests."""

import os
from typing import Final

SHARE: Final = float(os.environ.get("HOLDFAST_TEST_EXAMPLES", "0.34"))


def examples(many: int) -> int:
    return max(10, round(many * SHARE))
