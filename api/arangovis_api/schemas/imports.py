"""What is taken over from other trackers: what comes in.

Read by hand, as runs to log are: marshmallow takes longer than writing does. The schema documents it.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from arangovis.domain.errors import InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Reason, RunState
from arangovis.exchange.imported import (
    History,
    ImportedModel,
    ImportedRun,
    ImportedVersion,
    ImportPart,
    ReadBy,
    ReadData,
)
from arangovis.services.catalogue import NAME_LENGTH_MAX
from arangovis.services.importing.importing import PART_MAX
from arangovis_api.schemas.base import LoadedSchema, Moment, Name
from arangovis_api.schemas.reading import LOGGED_STATES, TAGS_MAX, Json, Reader

_NOT_FINITE = {None: float("nan"), "NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_REASONS = tuple(reason.value for reason in Reason)
_TEXT = validate.Length(1, NAME_LENGTH_MAX)


def read_part(document: Json) -> ImportPart:
    """Read what is to be taken over.

    Raises:
        InvalidInput: it names every field at fault.

    """
    reader = Reader(document)
    part = ImportPart(
        runs=reader.objects("runs", _run),
        versions=reader.objects("versions", _version),
        models=reader.objects("models", _model),
        dry_run=reader.flag("dry_run"),
    )
    reader.check()
    return part


def _run(reader: Reader) -> ImportedRun:
    return ImportedRun(
        key=_key(reader, "key") or "",
        project=reader.needed("project"),
        method=reader.needed("method"),
        state=RunState(reader.choice("state", LOGGED_STATES) or RunState.SUCCESS),
        name=reader.text("name"),
        description=reader.long_text("description"),
        reason=reader.choice("reason", _REASONS),
        started=reader.moment("started"),
        ended=reader.moment("ended"),
        parent=_key(reader, "parent", required=False),
        params=reader.mapping("params"),  # type: ignore[arg-type]  # the store checks the values
        final_metrics=_numbers(reader.mapping("final_metrics")),
        tags=reader.texts("tags", TAGS_MAX),
        attributes=reader.mapping("attributes"),  # type: ignore[arg-type]
        code=reader.mapping("code"),  # type: ignore[arg-type]
        process=reader.mapping("process"),  # type: ignore[arg-type]
        extra=reader.mapping("extra"),
        data=reader.objects("data", _data),
        histories=reader.objects("histories", _history),
    )


def _data(reader: Reader) -> ReadData:
    return ReadData(
        name=reader.needed("name"),
        version=reader.text("version"),
        role=reader.text("role", length_min=0) or "",
        url=reader.long_text("url"),
        rows=reader.whole("rows"),
        columns=reader.mapping("columns"),  # type: ignore[arg-type]
        attributes=reader.mapping("attributes"),  # type: ignore[arg-type]
    )


def _history(reader: Reader) -> History:
    is_text = reader.flag("is_text")
    values = reader.column("values")
    return History(
        name=reader.needed("name"),
        steps=reader.column("steps"),
        times=reader.column("times"),
        values=values if is_text else _with_specials(values),
        origin=reader.text("origin") or "log",
        is_text=is_text,
        first=reader.whole("first") or 0,
    )


def _version(reader: Reader) -> ImportedVersion:
    return ImportedVersion(
        project=reader.needed("project"),
        model=reader.needed("model"),
        version=reader.needed("version"),
        description=reader.long_text("description"),
        tags=reader.texts("tags", TAGS_MAX),
        attributes=reader.mapping("attributes"),  # type: ignore[arg-type]
        made_by=_key(reader, "made_by", required=False),
        made_from=reader.texts("made_from", 3),
        read_by=reader.objects("read_by", _read_by),
        succeeds=reader.flag("succeeds"),
    )


def _read_by(reader: Reader) -> ReadBy:
    return ReadBy(_key(reader, "run") or "", reader.text("role", length_min=0) or "")


def _model(reader: Reader) -> ImportedModel:
    return ImportedModel(
        project=reader.needed("project"),
        model=reader.text("model"),
        description=reader.long_text("description"),
        tags=reader.texts("tags", TAGS_MAX),
        attributes=reader.mapping("attributes"),  # type: ignore[arg-type]
        aliases={name: str(version) for name, version in reader.mapping("aliases").items()},
    )


def _key(reader: Reader, name: str, *, required: bool = True) -> str | None:
    key = reader.text(name, required=required)
    if key is not None:
        try:
            NodeId.of("run", key)
        except InvalidInput as error:
            reader.refuse(name, error.detail)
    return key


def _numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(zip(values, _with_specials(list(values.values())), strict=True))


def _with_specials(values: list[Any]) -> list[Any]:
    """Return numbers, those that JSON cannot say by their names."""
    if {str, type(None)}.isdisjoint(map(type, values)):
        return values
    return [_NOT_FINITE.get(value, value) if value is None or isinstance(value, str) else value for value in values]


# --- what documents it --------------------------------------------------------------------------------------------


def _scalars(description: str) -> fields.Dict:
    return fields.Dict(keys=fields.String(), metadata={"description": description})


def _run_key(description: str, *, required: bool = False) -> fields.String:
    return fields.String(required=required, validate=validate.Length(1, 128), metadata={"description": description})


class HistorySchema(LoadedSchema):
    """What a run logged under one name, oldest first."""

    target = History
    name = Name("The name of the metric or text; it becomes a field of the project.", required=True)
    steps = fields.List(fields.Integer(strict=True), metadata={"description": "Of each entry."})
    times = fields.List(fields.Integer(strict=True), metadata={"description": "Microseconds since 1970, of each."})
    values = fields.List(fields.Raw(allow_none=True), metadata={"description": "Numbers, null for NaN; or texts."})
    origin = Name("The log that it was read from; entries taken before are not taken again.")
    is_text = fields.Boolean(metadata={"description": "Whether the values are texts."})
    first = fields.Integer(
        strict=True, validate=validate.Range(0), metadata={"description": "How many entries were sent before."}
    )


class ReadDataSchema(LoadedSchema):
    """A data set that a run read."""

    target = ReadData
    name = Name("What people call it.", required=True)
    version = Name("Which state of it.")
    role = fields.String(validate=validate.Length(max=NAME_LENGTH_MAX))
    url = fields.String(metadata={"description": "Where its rows are kept."})
    rows = fields.Integer(strict=True, validate=validate.Range(0))
    columns = _scalars("Column names and types.")
    attributes = _scalars("Names and scalars.")


class ImportedRunSchema(LoadedSchema):
    """A run of another tracker."""

    target = ImportedRun
    key = _run_key("Made of its id there: the same run again is the same run.", required=True)
    project = Name("The name of its project, which is made if it is not there.", required=True)
    method = Name("What it did.", required=True)
    state = fields.String(validate=validate.OneOf(LOGGED_STATES), metadata={"description": "SUCCESS if left out."})
    name = Name("The name people know it by.")
    description = fields.String()
    reason = fields.String(validate=validate.OneOf(_REASONS))
    started = Moment()
    ended = Moment()
    parent = _run_key("The key of the run that it is a step of.")
    params = _scalars("Names and scalars.")
    final_metrics = _scalars("In the place of the last values of histories; null for NaN.")
    tags = fields.List(fields.String(validate=_TEXT), validate=validate.Length(max=TAGS_MAX))
    attributes = _scalars("Names and scalars.")
    code = _scalars("Which code ran.")
    process = _scalars("The process that ran.")
    extra = fields.Dict(keys=fields.String(), metadata={"description": "Further facts of any shape, not searched."})
    data = fields.List(fields.Nested(ReadDataSchema))
    histories = fields.List(fields.Nested(HistorySchema))


class ReadBySchema(LoadedSchema):
    """A run that read a model version."""

    target = ReadBy
    run = _run_key("The key of the run.", required=True)
    role = fields.String(validate=validate.Length(max=NAME_LENGTH_MAX))


class ImportedVersionSchema(LoadedSchema):
    """A version of a model."""

    target = ImportedVersion
    project = Name("The name of its project, which is made if it is not there.", required=True)
    model = Name("The name of its model, which is made if it is not there.", required=True)
    version = Name("What it is called.", required=True)
    description = fields.String()
    tags = fields.List(fields.String(validate=_TEXT), validate=validate.Length(max=TAGS_MAX))
    attributes = _scalars("Names and scalars.")
    made_by = _run_key("The key of the run that made it.")
    made_from = fields.List(
        fields.String(validate=_TEXT),
        validate=validate.Length(max=3),
        metadata={"description": "Project, model and version that it is another name of."},
    )
    read_by = fields.List(fields.Nested(ReadBySchema))
    succeeds = fields.Boolean(metadata={"description": "Whether it takes the place of the version before it."})


class ImportedModelSchema(LoadedSchema):
    """What is said of a model or, without its name, of a project."""

    target = ImportedModel
    project = Name("The name of the project, which is made if it is not there.", required=True)
    model = Name("The name of the model, which is made if it is not there.")
    description = fields.String()
    tags = fields.List(fields.String(validate=_TEXT), validate=validate.Length(max=TAGS_MAX))
    attributes = _scalars("Names and scalars.")
    aliases = _scalars("The version of each alias.")


class ImportPartSchema(LoadedSchema):
    """What is to be taken over, at most so many things in all as one request may hold."""

    target = ImportPart
    runs = fields.List(fields.Nested(ImportedRunSchema), validate=validate.Length(max=PART_MAX))
    versions = fields.List(fields.Nested(ImportedVersionSchema), validate=validate.Length(max=PART_MAX))
    models = fields.List(fields.Nested(ImportedModelSchema), validate=validate.Length(max=PART_MAX))
    dry_run = fields.Boolean(metadata={"description": "Answer what would be done, and write nothing."})


__all__ = ["ImportPartSchema", "read_part"]
