"""What the schemas share: how they refuse, how they build their dataclass, and fields of our own."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, pre_load, validate

from arangovis.domain.moments import microseconds_of, read_moment
from arangovis.services.catalogue import NAME_LENGTH_MAX

LIMIT_MAX = 1000
LIMIT_DEFAULT = 100
LIST_CURSOR_MAX = 3000
"""Characters of a cursor in a URL; it carries the value that an ordered page ended with."""
TIME_MAX_US = 2**62
"""Microseconds since 1970: far in the future, and safe to calculate with."""


class LoadedSchema(Schema):
    """Loads into `target`; an unknown field is an error, one that is null or left out gets the dataclass's default."""

    target: ClassVar[type]

    class Meta:
        """Names that are not declared are errors."""

        unknown = RAISE

    @pre_load
    def _without_nulls(self, data: Any, **_: object) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {name: value for name, value in data.items() if value is not None}

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> object:
        return self.target(**data)


class QuerySchema(LoadedSchema):
    """A query string. `?limit=` is as good as no limit."""

    @pre_load
    def _without_blanks(self, data: Mapping[str, Any], **_: object) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value != ""}


class Name(fields.String):
    """The name of a thing: 1 to 256 printable characters."""

    def __init__(self, description: str, *, required: bool = False) -> None:
        lengths = validate.Length(1, NAME_LENGTH_MAX)
        super().__init__(required=required, validate=lengths, metadata={"description": description})


class Number(fields.Field[float]):
    """A finite JSON number; texts and booleans are none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValidationError("Not a finite number.")
        return value


class Moment(fields.Field[int]):
    """A time: microseconds since 1970, or ISO 8601; without a zone it is UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: object) -> int:
        moment = moment_of(value)
        if moment is None:
            raise ValidationError("Not a time: microseconds since 1970, or ISO 8601.")
        return moment


class Names(fields.Field[frozenset[str]]):
    """Names separated by commas."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: object) -> frozenset[str]:
        if not isinstance(value, str):
            raise ValidationError("Not names separated by commas.")
        return frozenset(name.strip() for name in value.split(",") if name.strip())


def page_limit(limit_max: int = LIMIT_MAX) -> fields.Integer:
    """Return the field for how many items a page may have."""
    return fields.Integer(validate=validate.Range(1, limit_max), metadata={"description": "How many items at most."})


def cursor(length_max: int = 1000) -> fields.String:
    """Return the field for where a page begins."""
    return fields.String(
        validate=validate.Length(1, length_max), metadata={"description": "`next_cursor` of the page before."}
    )


def ordered_by() -> fields.String:
    """Return the field for the order of a list."""
    text = "A searchable name, with asc or desc behind it; newest first if left out."
    return fields.String(validate=validate.Length(1, 512), metadata={"description": text})


def moment_of(value: object) -> int | None:
    """Return a time as microseconds since 1970, or None if it is none."""
    moment = _microseconds(value)
    return moment if moment is not None and 0 <= moment <= TIME_MAX_US else None


def _microseconds(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, int):
        return value
    try:
        return int(value) if value.isdecimal() and len(value) < 20 else _iso_moment(value)
    except (ValueError, OverflowError):
        return None


def _iso_moment(text: str) -> int:
    # a plus sign that was not escaped arrives from a query string as a blank
    return microseconds_of(read_moment(text.strip().replace(" ", "+") if "T" in text else text))
