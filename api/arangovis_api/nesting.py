"""How deep lists and objects lie inside each other; looked at level by level, so that no depth is too much for it."""

from typing import Any

from arangovis.domain.errors import Fault, InvalidInput

JSON_NESTING_MAX = 200
"""Of a body of JSON. The interpreter gives up on a value of about 1,000 levels wherever it is compared or shown."""


def check_nesting(field: str, value: Any, levels: int = JSON_NESTING_MAX) -> None:
    """Refuse a value with more levels than `levels`.

    Raises:
        InvalidInput: it has more.

    """
    level = [value]
    for _ in range(levels + 1):
        holders = [item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list)]
        level = [member for holder in holders for member in holder]
        if not level:
            return
    raise InvalidInput.of(Fault(field, f"has more than {levels} lists or objects inside each other"))
