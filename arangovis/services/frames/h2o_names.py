"""Names that clients of H2O give to files and frames: any text, each the name of one node at a time."""

from collections.abc import Iterator
from contextlib import suppress

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Record
from arangovis.domain.ids import NodeId
from arangovis.domain.views import text
from arangovis.services.frames.frames import Also, Frame, Frames, Upload
from arangovis.services.runs import Runs
from arangovis.stores.base import GraphStore

NAMESPACE = "h2o"
NAME_LENGTH_MAX = 1000
_PAGE = 1000


class H2ONames:
    """Names of uploads, of frames, and of runs that are to make a frame."""

    def __init__(self, store: GraphStore, frames: Frames, runs: Runs) -> None:
        self._store = store
        self._frames = frames
        self._runs = runs

    def giving(self, name: str) -> Also:
        """Return what gives a name to the node of an action, whoever had it.

        Raises:
            InvalidInput: it is empty, too long, or has control characters.

        """
        check_h2o_name(name)
        return lambda transaction, node: transaction.move_reservation(NAMESPACE, name, node)

    def taking(self, name: str) -> Also:
        """Return what takes a name away."""
        return lambda transaction, _node: transaction.release(NAMESPACE, name)

    def node(self, name: str) -> NodeId | None:
        """Return the node of a name, or of a node id; None if there is none."""
        found = self._store.reserved(NAMESPACE, name)
        if found is not None:
            return found
        try:
            return NodeId.parse(name)
        except InvalidInput:
            return None

    def upload(self, name: str) -> Upload:
        """Return the upload of a name.

        Raises:
            NotFound: there is none.

        """
        node = self.node(name)
        if node is None or node.kind != "artifact":
            raise NotFound(f"there is no file {name[:80]!r}")
        return self._frames.find_upload(node)

    def frame(self, name: str) -> Frame:
        """Return the frame of a name.

        Raises:
            NotFound: there is none, or it is still being parsed, or was deleted.

        """
        node = self.node(name)
        try:
            if node is not None and node.kind == "run":
                return self._frames.made_by(node)
            if node is not None:
                return self._frames.get(node)
        except NotFound:
            pass  # told in the words that the client knows
        raise NotFound(f"there is no frame {name[:80]!r}")

    def frames(self) -> Iterator[tuple[str, Frame]]:
        """Yield every name that has a frame, with it."""
        for record in self._records():
            name = text(record.data, "name")
            if NodeId.parse(text(record.data, "node")).kind != "artifact":
                with suppress(NotFound):  # still being parsed, or deleted
                    yield name, self.frame(name)

    def _records(self) -> Iterator[Record]:
        after = None
        while page := self._store.records("reservation", NAMESPACE, after=after, limit=_PAGE):
            yield from page
            after = page[-1]

    def name_of_run(self, run: NodeId) -> str | None:
        """Return the name of the frame that a run makes, as it was asked for."""
        options = self._runs.get(run).options
        name = options.get("frame") if "setup" in options else options.get("name")
        return name if isinstance(name, str) else None


def check_h2o_name(name: str) -> None:
    """Refuse a name that cannot be kept.

    Raises:
        InvalidInput: it is empty, too long, or has control characters.

    """
    if not name.strip() or len(name) > NAME_LENGTH_MAX or not name.isprintable():
        problem = f"{name[:80]!r} is not 1 to {NAME_LENGTH_MAX} printable characters"
        raise InvalidInput.of(Fault("name", problem))
