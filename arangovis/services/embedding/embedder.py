"""What is said of an embedder: a file, an address or a function, and the columns that it reads."""

from dataclasses import dataclass, fields
from enum import StrEnum

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue, digest_of
from arangovis.domain.views import integer, items, mapping, optional_text, text
from arangovis.embedders.endpoint import Dialect

BATCH_ROWS_DEFAULT, BATCH_ROWS_MAX = 256, 100_000
METHOD = "embedder"
"""What the parameters of an embedder are filed under at a model version, as those of a method are."""
_OWN = {"onnx": "artifact", "http": "url", "python": "function"}


class EmbedderKind(StrEnum):
    """What computes."""

    ONNX = "onnx"
    """A file, run by onnxruntime."""
    HTTP = "http"
    """An address."""
    PYTHON = "python"
    """A function of the workers' own."""


@dataclass(frozen=True, slots=True)
class Embedder:
    """How a model version's rows become vectors.

    Args:
        kind: what computes; of `artifact`, `url` and `function` the one that belongs to it is given.
        columns: the columns that it reads, in order.
        output: of an ONNX file, the output with the vectors.
        dialect: how an address is spoken to.
        model: which model is asked for there, in the dialect `openai`.
        revision: any text; another one says that what computes is another, and its vectors are made anew.
        batch_rows: how many rows it is given at once.

    """

    kind: EmbedderKind
    artifact: NodeId | None = None
    url: str | None = None
    function: str | None = None
    columns: tuple[str, ...] = ()
    output: str | None = None
    dialect: Dialect = Dialect.ROWS
    model: str | None = None
    revision: str | None = None
    batch_rows: int = BATCH_ROWS_DEFAULT

    def check(self) -> None:
        """Check what can be checked without using it.

        Raises:
            InvalidInput: it names everything that is wrong.

        """
        faults = [fault for fault in (self._own_fault(name, kind) for kind, name in _OWN.items()) if fault]
        if not self.columns:
            faults.append(Fault("columns", "is empty, and the model version's signature names no inputs"))
        if len(set(self.columns)) < len(self.columns):
            faults.append(Fault("columns", "has a name twice"))
        if not 1 <= self.batch_rows <= BATCH_ROWS_MAX:
            faults.append(Fault("batch_rows", f"{self.batch_rows} is not between 1 and {BATCH_ROWS_MAX}"))
        if self.dialect is Dialect.OPENAI and (self.kind is not EmbedderKind.HTTP or len(self.columns) > 1):
            faults.append(Fault("dialect", "'openai' is of an address that reads one column, of texts"))
        if faults:
            raise InvalidInput.of(*faults)

    def _own_fault(self, name: str, kind: str) -> Fault | None:
        if (getattr(self, name) is not None) == (self.kind.value == kind):
            return None
        return Fault(name, "is missing" if self.kind.value == kind else f"does not go with kind {self.kind.value!r}")

    def content(self) -> Document:
        """Return what is stored of it, as the parameters of a method are."""
        given = {item.name: _plain(getattr(self, item.name)) for item in fields(self)}
        kept: dict[str, JsonValue] = {name: value for name, value in given.items() if value not in (None, [])}
        columns = kept.pop("columns")
        values: Document = {**kept, "columns": ", ".join(self.columns)}
        return {"method": METHOD, "values": values, "options": {"columns": columns}}

    @classmethod
    def of(cls, attributes: Document) -> "Embedder":
        """Read it from the document of its node."""
        values = mapping(attributes, "values")
        artifact = optional_text(values, "artifact")
        return cls(
            kind=EmbedderKind(text(values, "kind")),
            artifact=None if artifact is None else NodeId.parse(artifact),
            url=optional_text(values, "url"),
            function=optional_text(values, "function"),
            columns=tuple(str(name) for name in items(mapping(attributes, "options"), "columns")),
            output=optional_text(values, "output"),
            dialect=Dialect(text(values, "dialect")),
            model=optional_text(values, "model"),
            revision=optional_text(values, "revision"),
            batch_rows=integer(values, "batch_rows"),
        )

    def digest(self, file: str | None) -> str:
        """Return the digest of what decides its vectors; `file` is that of its file's bytes."""
        where: list[JsonValue] = [self.kind.value, file, self.url, self.function, list(self.columns), self.output]
        return digest_of(["embedder", *where, self.dialect.value, self.model, self.revision])


def _plain(value: object) -> JsonValue:
    if isinstance(value, tuple) and not isinstance(value, NodeId):
        return list(value)
    return value if isinstance(value, int) or value is None else str(value)
