"""Page "Type check & cast functions"."""

import re
from typing import Any

from tests.arango_simulator.aql.functions.dates import looks_like_date
from tests.arango_simulator.aql.functions.registry import Function, pure
from tests.arango_simulator.aql.values import is_number, number, string, truth, type_name

_KEY = re.compile(r"[A-Za-z0-9_\-.@()+,=;$!*'%:]{1,254}")


def is_key(value: Any) -> bool:
    """Say whether a value can be a document key."""
    return isinstance(value, str) and _KEY.fullmatch(value) is not None


def _of(*kinds: type) -> Function:
    return pure(lambda value: type(value) in kinds, 1)


FUNCTIONS: dict[str, Function] = {
    "IS_ARRAY": _of(list),
    "IS_BOOL": _of(bool),
    "IS_DATESTRING": pure(looks_like_date, 1),
    "IS_DOCUMENT": _of(dict),
    "IS_KEY": pure(is_key, 1),
    "IS_LIST": _of(list),
    "IS_NULL": pure(lambda value: value is None, 1),
    "IS_NUMBER": pure(is_number, 1),
    "IS_OBJECT": _of(dict),
    "IS_STRING": _of(str),
    "TO_BOOL": pure(truth, 1),
    "TO_NUMBER": pure(number, 1),
    "TO_STRING": pure(string, 1),
    "TYPENAME": pure(type_name, 1),
}
