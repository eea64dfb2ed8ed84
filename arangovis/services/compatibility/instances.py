"""The rows of a sweep or a comparison as people look at them: a picture and a text, by the id of the row.

A user's own process may attach functions that give them, for what it serves itself. Without one the picture is drawn
from the features, if they were declared to be one; else it is the row's own (`arangovis.services.rows.previews`), and
blank if it has none.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol, cast

import numpy as np

from arangovis.compatibility.evaluation import InstanceId
from arangovis.compatibility.sweep import SPLITS
from arangovis.domain.errors import ComputeFailed, NoData, NotFound
from arangovis.domain.ids import NodeId
from arangovis.domain.views import mapping
from arangovis.services.compatibility.comparisons import Comparison
from arangovis.services.compatibility.sweep_ask import DataUse
from arangovis.services.compatibility.sweep_files import StoredSplit
from arangovis.services.compatibility.sweep_steps import features_of
from arangovis.services.compatibility.sweeps import Sweep, Sweeps
from arangovis.services.datasets import Datasets
from arangovis.services.rows.previews import Previews, RowChoice, picture_in
from arangovis.services.snapshots import Snapshots
from arangovis.tabular import ROW_ID, Rows
from arangovis.tabular.pictures import Picture, blank, drawn, encoded


@dataclass(frozen=True, slots=True)
class Attached:
    """What the process that serves a sweep knows of it; each may be missing.

    Args:
        image: id of a row -> bytes of a PNG, JPEG, GIF or WebP file, or something that holds or saves them.
        metadata: id of a row -> text.
        start: begins the sweep and returns at once.

    """

    image: Callable[[InstanceId], object] | None = None
    metadata: Callable[[InstanceId], str] | None = None
    start: Callable[[], None] | None = None


class Attachments:
    """What is attached, by sweep or comparison. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attached: dict[NodeId, Attached] = {}

    def attach(self, run: NodeId, attached: Attached) -> None:
        """Attach functions to a run, in place of any before."""
        with self._lock:
            self._attached[run] = attached

    def of(self, run: NodeId) -> Attached:
        """Return what is attached to a run."""
        with self._lock:
            return self._attached.get(run, Attached())


class _Response(Protocol):
    def get_data(self) -> bytes: ...


class Instances:
    """Pictures and texts of rows."""

    def __init__(self, sweeps: Sweeps, datasets: Datasets, snapshots: Snapshots, previews: Previews) -> None:
        self._sweeps = sweeps
        self._datasets = datasets
        self._snapshots = snapshots
        self._previews = previews
        self.attachments = Attachments()

    def find(self, sweep: Sweep, text: str) -> tuple[str, int]:
        """Return the data set and the position of a row, by its id as text.

        Raises:
            NotFound: no data set of the sweep has such a row.

        """
        for split in SPLITS:
            if split in sweep.references:
                position = position_of(self._sweeps.split(sweep, split), text)
                if position is not None:
                    return split, position
        raise NotFound(f"{sweep.run.id} has no row {text[:80]!r}")

    def metadata(self, sweep: Sweep, text: str) -> str:
        """Return the text about a row; its id if nobody said more.

        Raises:
            NotFound: as `find`.

        """
        split, position = self.find(sweep, text)
        return note_of(self.attachments.of(sweep.run.id), self._sweeps.split(sweep, split), position)

    def image(self, sweep: Sweep, text: str) -> Picture:
        """Return the picture of a row.

        Raises:
            NotFound: as `find`.
            ComputeFailed: the attached function raised, or gave no picture.

        """
        split, position = self.find(sweep, text)
        stored = self._sweeps.split(sweep, split)
        given = self.attachments.of(sweep.run.id).image
        if given is not None:
            return picture_from(given, stored.ids[position])
        use = mapping(sweep.run.options, split)
        return blank() if not use.get("dataset") else self._drawn(DataUse.of(use), position)

    def compared(self, found: Comparison, row: InstanceId) -> Picture:
        """Return the picture of a row of a comparison: what is attached, else its own in the data compared, or blank.

        Raises:
            ComputeFailed: the attached function raised, or gave no picture.

        """
        given = self.attachments.of(found.run.id).image
        if given is not None:
            return picture_from(given, row)
        if found.data is None:
            return blank()
        try:
            return self._previews.image(found.data, RowChoice(row=str(row)))
        except NotFound:
            return blank()

    def _drawn(self, use: DataUse, position: int) -> Picture:
        if use.image is None:
            return self._declared(use, position) or blank()
        values = features_of(self._row(use, position, use.features), use)[0]
        height, width = use.image
        return drawn(values.reshape(height, width, 1)) if values.size == height * width else blank()

    def _declared(self, use: DataUse, position: int) -> Picture | None:
        declared = None if self._datasets.find(use.dataset) is None else self._previews.image_columns(use.dataset)
        return None if declared is None else picture_in(self._row(use, position, declared.columns), declared)

    def _row(self, use: DataUse, position: int, columns: tuple[str, ...]) -> Rows:
        dataset = self._datasets.find(use.dataset)
        if dataset is None:
            raise NoData(f"{use.dataset}, which holds the rows, was deleted")
        if dataset.selection is None:
            return self._snapshots.some(dataset, [position], (ROW_ID, *columns))
        return self._snapshots.at(dataset, np.array([position]), (ROW_ID, *columns))


def position_of(stored: StoredSplit, text: str) -> int | None:
    """Return the position of the row whose id reads so, or None."""
    ids = stored.ids
    if isinstance(ids, range):
        return int(text) if text.isdecimal() and int(text) < len(ids) else None
    return next((position for position, key in enumerate(ids) if str(key) == text), None)


def note_of(attached: Attached, stored: StoredSplit, position: int) -> str:
    """Return the text about a row."""
    if attached.metadata is not None:
        return str(attached.metadata(stored.ids[position]))
    return str(stored.ids[position]) if stored.notes is None else stored.notes[position]


def picture_from(give: Callable[[InstanceId], object], key: InstanceId) -> Picture:
    """Return the picture that a user's function gives: bytes, a web framework's response, or an image that can save.

    Raises:
        ComputeFailed: it raised, or gave something else.

    """
    try:
        data = _bytes_of(give(key))
    except Exception as error:
        raise ComputeFailed(f"the picture of row {str(key)[:80]} failed: {type(error).__name__}") from error
    picture = encoded(data)
    if picture is None:
        raise ComputeFailed(f"the picture of row {str(key)[:80]} is not a PNG, JPEG, GIF or WebP file of a few MB")
    return picture


def _bytes_of(found: object) -> bytes:
    if isinstance(found, bytes | bytearray):
        return bytes(found)
    if hasattr(found, "get_data"):
        if getattr(found, "direct_passthrough", False):
            found.direct_passthrough = False  # type: ignore[attr-defined]  # a file that Flask sends is not read else
        return cast("_Response", found).get_data()
    buffer = BytesIO()
    found.save(buffer, format="PNG")  # type: ignore[attr-defined]  # an image of Pillow
    return buffer.getvalue()
