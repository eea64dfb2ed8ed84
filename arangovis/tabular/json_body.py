"""JSON bodies: an array of row objects."""

import json
from typing import TYPE_CHECKING, NoReturn

from arangovis.domain.errors import InvalidInput
from arangovis.tabular.embedding import check_header
from arangovis.tabular.limits import refused, shown
from arangovis.tabular.values import column_of

if TYPE_CHECKING:
    import pyarrow as pa


def read_json(data: bytes) -> "pa.Table":
    """Read an array of objects; a name that a row lacks is null there.

    The standard library's parser is used because it keeps integers of any size and shows names that come twice.

    Raises:
        InvalidInput: the body is something else.
        TooLarge: there are too many rows or names.

    """
    import pyarrow as pa

    rows = _parsed(data)
    if not isinstance(rows, list):
        raise refused("body", "is not an array of row objects")
    names: dict[str, None] = {}
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise refused("body", f"row {number} is {shown(row)}, not an object")
        names |= dict.fromkeys(row)
    check_header(tuple(names), len(rows))
    columns = [column_of(name, [row.get(name) for row in rows]) for name in names]
    return pa.Table.from_arrays(columns, names=list(names))


def _parsed(data: bytes) -> object:
    try:
        text = data.decode("utf-8-sig")
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except InvalidInput:
        raise
    except UnicodeDecodeError as error:
        raise refused("body", f"is not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise refused("body", f"is not JSON: {error.msg} at line {error.lineno} column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise refused("body", "is not JSON that can be read: a number or a nesting has no end") from error


def _refuse_constant(name: str) -> NoReturn:
    raise refused("body", f"has {name}, which is not JSON")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise refused("body", f"has the name {shown(twice)} twice in one object")
    return found
