"""The check that every written document passes; much cheaper than marshmallow, which guards the REST door."""

from collections.abc import Collection, Iterable, Mapping

from arangovis_schema.fields import Field, FieldType

VALUES_MAX = 10_000
"""Named values of one field, each of which can be searched for: parameters, metrics, a user's facts."""


def faults_of(fields: Collection[Field], document: Mapping[str, object], *, open_fields: bool) -> list[tuple[str, str]]:
    """Return (field, problem) for everything that does not fit; empty if the document is right.

    With `open_fields` further names are allowed, as kinds that users declare do.
    """
    faults = []
    known = 0
    for field in fields:
        value = document.get(field.name, _ABSENT)
        known += value is not _ABSENT
        if value is None or value is _ABSENT:
            if field.required:
                faults.append((field.name, "is required"))
        elif problem := _problem(field, value):
            faults.append((field.name, problem))
    if open_fields or known == len(document):
        return faults
    names = {field.name for field in fields}
    return faults + [(name, "is not a field of this kind") for name in document if name not in names]


def _problem(field: Field, value: object) -> str | None:
    if not isinstance(value, _SHAPES[field.type]) or (isinstance(value, bool) and field.type in _NUMERIC):
        return f"{str(value)[:80]!r} is not {_NAMES[field.type]}"
    if field.choices and value not in field.choices:
        return f"{str(value)[:80]!r} is not one of {', '.join(field.choices)}"
    if field.type is FieldType.TEXTS and not all(isinstance(member, str) for member in _members(value)):
        return "has a member that is not text"
    if field.type is FieldType.VALUES and isinstance(value, Mapping):
        return _values_problem(value)
    return None


def _values_problem(values: Mapping[object, object]) -> str | None:
    if len(values) > VALUES_MAX:
        return f"has {len(values)} values; at most {VALUES_MAX} are searchable, the rest belongs into an artifact"
    for name, value in values.items():
        if not isinstance(name, str) or not name:
            return f"has the name {str(name)[:80]!r}, which is not text"
        if not isinstance(value, _SCALARS) and not (isinstance(value, list | tuple) and _flat(value)):
            return f"has {name[:80]!r}, which is neither a scalar nor a list of scalars"
    return None


def _members(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else ()


def _flat(value: Iterable[object]) -> bool:
    return all(isinstance(member, _SCALARS) for member in value)


_ABSENT = object()
_SCALARS = (str, int, float, bool, type(None))
_NUMERIC = (FieldType.INTEGER, FieldType.NUMBER)
_SHAPES: dict[FieldType, tuple[type, ...]] = {
    FieldType.TEXT: (str,),
    FieldType.INTEGER: (int,),
    FieldType.NUMBER: (int, float),
    FieldType.BOOLEAN: (bool,),
    FieldType.TEXTS: (list, tuple),
    FieldType.VALUES: (dict, Mapping),  # in this order: to look at an abstract type is slow
    FieldType.DOCUMENT: (object,),
}
_NAMES: dict[FieldType, str] = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "an integer",
    FieldType.NUMBER: "a number",
    FieldType.BOOLEAN: "true or false",
    FieldType.TEXTS: "a list of texts",
    FieldType.VALUES: "a mapping of names to scalars",
    FieldType.DOCUMENT: "a JSON value",
}
