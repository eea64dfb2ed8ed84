"""The rows of a sweep or a comparison as people look at them: a picture and a text, by the id of the row.

A user's own process may attach functions that give them, for what it serves itself. Without one the picture is drawn
from the features, if they were declared to be one, and is blank else.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

from arangovis.compatibility.evaluation import InstanceId
from arangovis.compatibility.sweep import SPLITS
from arangovis.domain.errors import ComputeFailed, NoData, NotFound
from arangovis.domain.ids import NodeId
from arangovis.domain.views import mapping
from arangovis.services.compatibility.sweep_ask import DataUse
from arangovis.services.compatibility.sweep_files import StoredSplit
from arangovis.services.compatibility.sweep_steps import features_of
from arangovis.services.compatibility.sweeps import Sweep, Sweeps
from arangovis.services.datasets import Datasets
from arangovis.services.snapshots import Snapshots
from arangovis.tabular import ROW_ID
from arangovis.tabular.png import MEDIA_TYPE, png

BLANK_SIDE = 30
PICTURE_BYTES_MAX = 4 << 20
_WHITE = 255
_MAGIC = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}


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


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and its media type."""

    data: bytes
    media_type: str


class _Response(Protocol):
    def get_data(self) -> bytes: ...


class Instances:
    """Pictures and texts of rows."""

    def __init__(self, sweeps: Sweeps, datasets: Datasets, snapshots: Snapshots) -> None:
        self._sweeps = sweeps
        self._datasets = datasets
        self._snapshots = snapshots
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
        return blank() if not use.get("image") else self._drawn(DataUse.of(use), position)

    def _drawn(self, use: DataUse, position: int) -> Picture:
        dataset = self._datasets.find(use.dataset)
        if dataset is None or use.image is None:
            raise NoData(f"{use.dataset}, which holds the rows, was deleted")
        columns = (ROW_ID, *use.features)
        if dataset.selection is None:
            rows = self._snapshots.some(dataset, [position], columns)
        else:
            rows = self._snapshots.rows(dataset).select([position])
        height, width = use.image
        values = features_of(rows, use)[0]
        return drawn(values.reshape(height, width)) if values.size == height * width else blank()


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
    media_type = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)
    if media_type is None or len(data) > PICTURE_BYTES_MAX:
        raise ComputeFailed(f"the picture of row {str(key)[:80]} is not a PNG, JPEG, GIF or WebP file of a few MB")
    return Picture(data, media_type)


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


def blank() -> Picture:
    """Return a white square."""
    return Picture(png(np.full((BLANK_SIDE, BLANK_SIDE, 1), _WHITE, dtype=np.uint8)), MEDIA_TYPE)


def drawn(values: npt.NDArray[np.floating]) -> Picture:
    """Return numbers of shape (height, width) as a picture, the largest white and the smallest black."""
    low, high = float(values.min()), float(values.max())
    scaled = np.zeros(values.shape) if high == low else (values - low) / (high - low)
    return Picture(png((scaled * _WHITE).round().astype(np.uint8)[:, :, np.newaxis]), MEDIA_TYPE)
