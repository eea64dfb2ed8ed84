"""Fields, series, and what one run logged to one series."""

import re
from dataclasses import dataclass
from enum import StrEnum

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document
from arangovis.domain.views import integer, items, optional_text, text

WORK = "series_work"
"""The kind of record that says which rows want merging."""
LOGGER_LENGTH_MAX = 64
SEQUENCE_MAX = 2**53 - 1
"""The largest whole number that every JSON reader reads exactly."""
FIELDS_MAX = 1000
"""Of one series."""
_LOGGER = re.compile(rf"[A-Za-z0-9_-]{{1,{LOGGER_LENGTH_MAX}}}\Z")


class FieldKind(StrEnum):
    """The types of fields."""

    INT = "int"
    """64 bits, signed."""
    FLOAT = "float"
    """32 or 64 bits, as it was logged."""
    TEXT = "text"
    BOOL = "bool"
    TIMESTAMP = "timestamp"
    """Microseconds since 1970, UTC."""

    @classmethod
    def of(cls, name: str) -> "FieldKind":
        """Return the kind of a name; `string` is another name of text.

        Raises:
            InvalidInput: there is no such kind.

        """
        try:
            return cls("text" if name == "string" else name)
        except ValueError as error:
            known = ", ".join(cls)
            raise InvalidInput.of(Fault("kind", f"{name[:80]!r} is not one of {known}")) from error


@dataclass(frozen=True, slots=True)
class SeriesField:
    """A named, typed quantity that is logged. `in_use`: values were logged, so that its kind is fixed."""

    node: NodeId
    project: str | None
    name: str
    kind: FieldKind
    description: str = ""
    in_use: bool = False

    @classmethod
    def of(cls, node_id: NodeId, project: str | None, attributes: Document) -> "SeriesField":
        """Read a field from its document."""
        return cls(
            node=node_id,
            project=project,
            name=text(attributes, "name"),
            kind=FieldKind(text(attributes, "type")),
            description=optional_text(attributes, "description") or "",
            in_use=attributes.get("in_use") is True,
        )

    def document(self) -> Document:
        """Return the attributes to store."""
        described = {"description": self.description} if self.description else {}
        return {"name": self.name, "type": self.kind.value, "in_use": self.in_use, **described}


@dataclass(frozen=True, slots=True)
class Series:
    """A fixed set of fields, in order. An implicit one has no name."""

    node: NodeId
    project: str | None
    name: str | None
    fields: tuple[SeriesField, ...]
    implicit: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class SeriesData:
    """What one run logged to one series; `fields` are the keys of the fields, in the order of the columns."""

    node: NodeId
    project: str | None
    run: NodeId
    series: NodeId
    generation: int
    fields: tuple[str, ...]

    @classmethod
    def of(cls, node: Node) -> "SeriesData":
        """Read it from its node."""
        return cls.read(node.id, node.project, node.attributes)

    @classmethod
    def read(cls, node_id: NodeId, project: str | None, attributes: Document) -> "SeriesData":
        """Read it from its document."""
        return cls(
            node=node_id,
            project=project,
            run=NodeId.parse(text(attributes, "run")),
            series=NodeId.parse(text(attributes, "series")),
            generation=integer(attributes, "generation"),
            fields=tuple(str(key) for key in items(attributes, "fields")),
        )

    def document(self) -> Document:
        """Return the attributes to store."""
        return {
            "run": str(self.run),
            "series": str(self.series),
            "generation": self.generation,
            "fields": list(self.fields),
        }


def series_data_id(project: str | None, run: NodeId, generation: int, series: NodeId) -> NodeId:
    """Return the id of what a generation of a run logs to a series."""
    return named_id("series_data", project, f"{run}/{series}", str(generation))


def check_logger(logger: str, sequence: int) -> None:
    """Refuse what cannot name a chunk.

    Raises:
        InvalidInput: the logger has other characters or is too long, or the sequence is no number of a chunk.

    """
    if not _LOGGER.match(logger):
        raise InvalidInput.of(Fault("logger", f"{logger[:80]!r} is not 1 to {LOGGER_LENGTH_MAX} of A-Z a-z 0-9 _-"))
    if not 0 <= sequence <= SEQUENCE_MAX:
        raise InvalidInput.of(Fault("sequence", f"{sequence} is not from 0 to {SEQUENCE_MAX}"))
