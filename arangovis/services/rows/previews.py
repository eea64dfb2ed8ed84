"""Rows as people look at them: the picture that a row is, and the texts that it has.

The signature of the model says which: a field of the profile IMAGE is a picture, one of the profile TEXT a text. The
rows hold a picture as a list of numbers of the field's shape, as one column for each number (`pixels_0`, `pixels_1`,
...), or as a text: an encoded file in base64.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arangovis.domain.catalogue import Dataset, ModelVersion, Profile, SignatureField
from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.services.blobs import Blobs
from arangovis.services.datasets import Datasets
from arangovis.services.lineage.bulk import live_nodes
from arangovis.services.rows.contents import Reading, RowContents
from arangovis.services.rows.questions import FILES_DEFAULT
from arangovis.services.snapshots import Snapshots
from arangovis.stores.base import GraphStore
from arangovis.tabular import ROW_ID, Rows
from arangovis.tabular.pictures import Picture, PixelShape, drawn, encoded_text

__all__ = ["ImageColumns", "Previews", "RowChoice", "RowPreviews", "RowTexts", "picture_in"]

TEXT_LENGTH_MAX = 4_000
_NUMBERS, _TEXT = "list of number", "text"
_ROLES = frozenset({"training", "production"})


@dataclass(frozen=True, slots=True)
class RowChoice:
    """A row, by its id or by its number from 0: of a sample that in the sample, else that in the table or stream."""

    row: str | None = None
    position: int | None = None

    def __post_init__(self) -> None:
        if (self.row is None) == (self.position is None):
            raise InvalidInput.of(Fault("row", "give either the id of a row or its position"))


@dataclass(frozen=True, slots=True)
class ImageColumns:
    """The columns that hold the pictures of rows; `shape` is None where these are encoded files."""

    name: str
    columns: tuple[str, ...]
    shape: PixelShape | None


@dataclass(frozen=True, slots=True)
class RowPreviews:
    """What the rows of a data set have for people to look at: a picture, if `image` names a field, and texts.

    `height`, `width` and `channels` are those of every picture; None where each encoded file has its own.
    """

    dataset: NodeId
    image: str | None
    height: int | None
    width: int | None
    channels: int | None
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowTexts:
    """The texts of a row, by column; of a longer one the first 4,000 characters. A row may lack one."""

    dataset: NodeId
    row: str
    texts: Mapping[str, str]


class Previews:
    """Shows rows."""

    def __init__(self, store: GraphStore, blobs: Blobs, *, datasets: Datasets, snapshots: Snapshots) -> None:
        self._store = store
        self._snapshots = snapshots
        self._contents = RowContents(store, blobs, datasets)

    def of(self, dataset: NodeId) -> RowPreviews:
        """Return what the rows of a data set have to look at.

        Raises:
            NotFound: there is no such data set.

        """
        found = self._live(dataset)
        image, texts = self._image(found), self._texts(found)
        name, shape = (None, None) if image is None else (image.name, image.shape)
        if shape is None:
            return RowPreviews(dataset, name, None, None, None, tuple(texts))
        return RowPreviews(dataset, name, shape.height, shape.width, shape.channels, tuple(texts))

    def image_columns(self, dataset: NodeId) -> ImageColumns | None:
        """Return which columns of a data set hold the pictures of its rows, or None.

        Raises:
            NotFound: there is no such data set.

        """
        return self._image(self._live(dataset))

    def image(self, dataset: NodeId, choice: RowChoice) -> Picture:
        """Return the picture of a row.

        Raises:
            NotFound: there is no such data set or row, or it has no picture.
            InvalidInput: the position is beyond the last row.
            NoData: what the data set is a sample of was deleted.
            IntegrityError: stored bytes are damaged or gone.

        """
        node = self._live(dataset)
        image = self._image(node)
        if image is None:
            raise NotFound(f"the rows of {dataset} are no pictures: no input of their model has the profile IMAGE")
        found = picture_in(self._row(node, choice, image.columns), image)
        if found is None:
            raise NotFound(f"this row of {dataset} has no picture in {image.name!r}")
        return found

    def texts(self, dataset: NodeId, choice: RowChoice) -> RowTexts:
        """Return the texts of a row; none if its model declares none.

        Raises:
            NotFound: there is no such data set or row.
            InvalidInput, NoData, IntegrityError: as `image`.

        """
        node = self._live(dataset)
        columns = self._texts(node)
        rows = self._row(node, choice, columns)
        values = {name: rows.values(name)[0] for name in columns if rows.has(name)}
        texts = {name: str(value)[:TEXT_LENGTH_MAX] for name, value in values.items() if value is not None}
        return RowTexts(dataset, rows.ids[0], texts)

    # --- what is declared -------------------------------------------------------------------------------------

    def _live(self, dataset: NodeId) -> Node:
        node = self._store.get(dataset)
        if node.version.deleted or node.id.kind != "dataset":
            raise NotFound(f"there is no data set {dataset}")
        return node

    def _image(self, node: Node) -> ImageColumns | None:
        columns = self._columns(node)
        found = (_image_columns(field, columns) for field in self._fields(node, Profile.IMAGE))
        return next((image for image in found if image is not None), None)

    def _texts(self, node: Node) -> Sequence[str]:
        columns = self._columns(node)
        return [field.name for field in self._fields(node, Profile.TEXT) if columns.get(field.name) == _TEXT]

    def _columns(self, node: Node) -> Document:
        return self._snapshots.columns(Dataset.of(node.id, node.project, node.attributes))

    def _fields(self, node: Node, profile: Profile) -> Sequence[SignatureField]:
        source = Dataset.of(node.id, node.project, node.attributes).source or node.id
        edges = self._store.edges_of((source,), Direction.UPSTREAM, ("contains",))
        makers = (edge.id.source for edge in edges if edge.id.role in _ROLES)
        versions = live_nodes(self._store, (maker for maker in makers if maker.kind == "model_version"))
        model = next(iter(versions.values()), None)
        if model is None:
            return []
        signature = ModelVersion.of(model).signature
        return [field for field in (*signature.inputs, *signature.outputs) if field.profile is profile]

    # --- a row ------------------------------------------------------------------------------------------------

    def _row(self, node: Node, choice: RowChoice, columns: Sequence[str]) -> Rows:
        dataset = Dataset.of(node.id, node.project, node.attributes)
        position = self._position(node, choice.row) if choice.row is not None else choice.position or 0
        if position >= dataset.rows:
            raise InvalidInput.of(Fault("position", f"{position} is beyond the last one, {dataset.rows - 1}"))
        return self._snapshots.at(dataset, np.array([position]), (ROW_ID, *columns))

    def _position(self, node: Node, row: str) -> int:
        found = self._contents.in_dataset(node, row, Reading(FILES_DEFAULT))
        if not found:
            more = "" if found is not None else f" in the {FILES_DEFAULT} files that were read"
            raise NotFound(f"{node.id} has no row {row[:80]!r}{more}")
        return found[0]


def picture_in(rows: Rows, image: ImageColumns) -> Picture | None:
    """Return the picture of the first of these rows; None if it has none, or one that cannot be drawn."""
    if image.shape is None:
        given = rows.values(image.columns[0])[0] if rows.has(image.columns[0]) else None
        return encoded_text(given) if isinstance(given, str) else None
    values = _numbers(rows, image.columns)
    if values is None or values.size != image.shape.values or not np.isfinite(values).all():
        return None
    return drawn(image.shape.arranged(values))


def _numbers(rows: Rows, columns: Sequence[str]) -> npt.NDArray[np.float64] | None:
    if not all(rows.has(name) for name in columns):
        return None
    if len(columns) > 1:
        return np.array([rows.numbers(name)[0] for name in columns])
    given = rows.values(columns[0])[0]
    if not isinstance(given, list):
        return None
    return np.array([value if isinstance(value, int | float) else np.nan for value in given], dtype=np.float64)


def _image_columns(field: SignatureField, columns: Document) -> ImageColumns | None:
    """Return where the rows hold a field's picture; None if they do not, or not as one."""
    kind, shape = columns.get(field.name), PixelShape.of(field.shape)
    if kind == _TEXT:
        return ImageColumns(field.name, (field.name,), None)
    if shape is None:
        return None
    if kind == _NUMBERS:
        return ImageColumns(field.name, (field.name,), shape)
    apart = tuple(f"{field.name}_{number}" for number in range(shape.values if kind is None else 0))
    held = bool(apart) and all(columns.get(name) in ("number", "boolean") for name in apart)
    return ImageColumns(field.name, apart, shape) if held else None
