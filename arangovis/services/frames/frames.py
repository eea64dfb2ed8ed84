"""Frames: tables parsed from files that people upload. A frame is a data set; parsing it is a run.

The upload is an artifact, so that what a frame was made from can always be looked at. A frame's rows are Parquet
segments in its manifest, as those of every data set.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO, TypeAlias

from arangovis.domain.catalogue import Dataset
from arangovis.domain.errors import Fault, InvalidContent, InvalidInput, NotFound
from arangovis.domain.graph import Caller, Direction, Node, Page
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document, digest_of
from arangovis.domain.runs import Run
from arangovis.domain.search import AnyOf, Comparison, Operator, Search
from arangovis.domain.views import integer, mapping, optional_text, text
from arangovis.domain.work import Input, MadeDataset, MadeSegment, Outcome, RunRequest
from arangovis.services.anomaly.at_once import Recorder
from arangovis.services.blobs import BlobReference, Blobs
from arangovis.services.catalogue import check_name, project_id
from arangovis.services.datasets import Datasets
from arangovis.services.methods import PARSE
from arangovis.services.runs import Runs
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.tabular.frame_columns import PlainColumn, frame_columns, read_frame
from arangovis.tabular.frames.documents import frame_document, frame_of, setup_document, setup_of
from arangovis.tabular.frames.reading import FrameReader
from arangovis.tabular.frames.recent import Collected, RecentTables
from arangovis.tabular.frames.types import (
    HEADER_UNSURE,
    Format,
    GuessHints,
    ParsedFrame,
    ParseSetup,
    Progress,
    no_progress,
)
from arangovis.tabular.sampling import SegmentReader

UPLOAD = "upload"
FRAME, PREDICTION = "frame", "prediction"
PARSER = Caller("frame parser")
GUESSED_MAX = 64
"""Set-ups that a process remembers: a client that asks for one sends it back to be parsed by, soon after."""
Also: TypeAlias = Callable[[Transaction, NodeId], None]
"""What an action does besides, with the node that it wrote; a commit of its own would cost as much as the rest."""


def nothing_else(_transaction: Transaction, _node: NodeId) -> None:
    """Do nothing besides."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody uploaded."""

    node: NodeId
    name: str
    digest: str
    bytes: int
    project: str | None
    created: bool = False


@dataclass(frozen=True, slots=True)
class ParseRequest:
    """A file to parse: how, and the name of the frame. A strict one fails where something would be lost."""

    source: NodeId
    setup: ParseSetup
    name: str
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame: its data set, its columns with their figures, and when it was made (microseconds since 1970)."""

    dataset: Dataset
    content: ParsedFrame
    created: int

    @property
    def id(self) -> NodeId:
        """The node."""
        return self.dataset.id

    @property
    def types(self) -> Mapping[str, str]:
        """The type of each column."""
        return {column.name: column.kind.value for column in self.content.columns}

    @classmethod
    def of(cls, node: Node) -> "Frame":
        """Read it from its node."""
        dataset = Dataset.of(node.id, node.project, node.attributes)
        return cls(dataset, frame_of(mapping(node.attributes, FRAME)), node.created)


class Frames:
    """Uploads and the frames that are made of them."""

    def __init__(self, store: GraphStore, blobs: Blobs, *, datasets: Datasets, runs: Runs) -> None:
        self._store = store
        self._blobs = blobs
        self._datasets = datasets
        self._runs = runs
        self._recorder = Recorder(blobs, runs)
        self._guessed: OrderedDict[tuple[str, GuessHints], ParseSetup] = OrderedDict()
        self._recent = RecentTables()

    # --- uploading --------------------------------------------------------------------------------------------

    def upload(
        self, stream: BinaryIO, name: str, caller: Caller, *, project: str | None = None, also: Also = nothing_else
    ) -> Upload:
        """Store a file of any length, in constant memory; the same file of the same name again changes nothing.

        Raises:
            InvalidInput: the name is not right.
            InvalidContent: there are no bytes.
            NotFound: there is no such project.

        """
        check_name("name", name)
        blob = self._blobs.save_stream(stream, caller)
        if not blob.bytes:
            raise InvalidContent.of(Fault("file", "is empty: it has no bytes"))

        def action(transaction: Transaction) -> Upload:
            upload = self.write(transaction, name, blob, project)
            also(transaction, upload.node)
            return upload

        return self._store.transact(action, caller)

    def write(self, transaction: Transaction, name: str, blob: BlobReference, project: str | None) -> Upload:
        """Write an upload inside an action; its bytes are staged."""
        home = transaction.scope.home if project is None else project_id(transaction, project).key
        self._blobs.keep(transaction, [blob.digest])
        node = named_id("artifact", home, f"{UPLOAD} {name}", blob.digest)
        facts: Document = {
            "role": UPLOAD,
            "digest": blob.digest,
            "bytes": blob.bytes,
            "media_type": "application/octet-stream",
            "name": name,
        }
        created = transaction.ensure(node, home, facts)
        return Upload(node, name, blob.digest, blob.bytes, home, created)

    def find_upload(self, node_id: NodeId) -> Upload:
        """Return an upload, or any other file that the graph knows.

        Raises:
            NotFound: there is none, or it was deleted.

        """
        node = self._store.find(node_id) if node_id.kind == "artifact" else None
        if node is None or node.version.deleted:
            raise NotFound(f"there is no file {node_id}")
        facts = node.attributes
        name = optional_text(facts, "name") or node_id.key
        return Upload(node_id, name, text(facts, "digest"), integer(facts, "bytes"), node.project)

    # --- parsing ----------------------------------------------------------------------------------------------

    def guess(self, source: NodeId, hints: GuessHints | None = None) -> ParseSetup:
        """Look at the beginning of a file, and say how it is best read.

        Raises:
            NotFound: there is no such file.
            InvalidContent: it is empty, has a column twice, or is no table.

        """
        digest, given = self.find_upload(source).digest, hints or GuessHints()
        known = self._guessed.get((digest, given))
        if known is not None:
            return known
        found = self._guess(digest, given)
        for words in {given, said_back(found, given)}:
            self._guessed[digest, words] = found
        while len(self._guessed) > GUESSED_MAX:
            with suppress(KeyError):  # another thread was quicker
                self._guessed.popitem(last=False)
        return found

    def _guess(self, digest: str, hints: GuessHints) -> ParseSetup:
        from arangovis.tabular.frames.guessing import guess

        with self._blobs.open(digest) as stream, content_faults():
            return guess(stream, hints)

    def parse(self, wanted: ParseRequest, caller: Caller, also: Also = nothing_else) -> Run:
        """Return the run that parses a file. Each request makes a frame of its own.

        Raises:
            NotFound: there is no such file.
            InvalidInput: the name or the set-up is not right.

        """
        request = self._request(wanted)
        return self._recorded(lambda transaction: self._runs.request(transaction, request)[0], caller, also)

    def parse_now(self, wanted: ParseRequest, caller: Caller, also: Also = nothing_else) -> Run:
        """Parse a file while the caller waits, and record the run that did.

        Raises:
            NotFound: there is no such file.
            InvalidContent: the file cannot be parsed so.

        """
        request = self._request(wanted)
        outcome = self.parsed(self.find_upload(wanted.source), wanted)
        return self._recorded(lambda transaction: self._recorder.record(transaction, request, outcome), caller, also)

    def _recorded(self, write: Callable[[Transaction], Run], caller: Caller, also: Also) -> Run:
        def action(transaction: Transaction) -> Run:
            run = write(transaction)
            also(transaction, run.id)
            return run

        return self._store.transact(action, caller)

    def _request(self, wanted: ParseRequest) -> RunRequest:
        check_name("name", wanted.name)
        upload = self.find_upload(wanted.source)
        if not wanted.setup.columns:
            raise InvalidInput.of(Fault("columns", "there are none"))
        return parse_run(upload, wanted)

    def parsed(self, upload: Upload, wanted: ParseRequest, progress: Progress = no_progress) -> Outcome:
        """Parse a file, store its segments, and return what a run that did so made."""
        from arangovis.tabular.frames.parsing import Segment, parse

        stored: list[MadeSegment] = []
        recent = Collected()

        def keep(segment: Segment) -> None:
            blob = self._blobs.save(segment.data, PARSER)
            stored.append(MadeSegment(blob.digest, segment.rows, blob.bytes))
            recent.add(segment.table)

        with self._blobs.open(upload.digest) as stream, content_faults():
            found = parse(stream, wanted.setup, keep, progress=progress, strict=wanted.strict)
        self._recent.keep([segment.digest for segment in stored], recent)
        made = made_frame(wanted, found, stored)
        return Outcome(datasets=(made,), metrics={"rows": found.rows, "columns": len(found.columns)})

    # --- finding ----------------------------------------------------------------------------------------------

    def get(self, node_id: NodeId) -> Frame:
        """Return a frame.

        Raises:
            NotFound: there is none, or it was deleted.

        """
        node = self._store.find(node_id) if node_id.kind == "dataset" else None
        if node is None or node.version.deleted or FRAME not in node.attributes:
            raise NotFound(f"there is no frame {node_id}")
        return Frame.of(node)

    def made_by(self, run: NodeId) -> Frame:
        """Return the frame that a run made.

        Raises:
            NotFound: it made none, or it was deleted.

        """
        edges = self._store.edges_of((run,), Direction.DOWNSTREAM, ("generated",))
        for edge in edges:
            if edge.id.target.kind == "dataset":
                return self.get(edge.id.target)
        raise NotFound(f"{run} made no frame")

    def list(self, *, limit: int = 100, cursor: str | None = None) -> Page[Frame]:
        """Return a page of frames, newest first."""
        page = self._store.search(Search("dataset", _IS_FRAME, limit=limit, cursor=cursor))
        return Page([Frame.of(node) for node in page.items], page.next_cursor)

    def segments(self, dataset: Dataset) -> Iterator[bytes]:
        """Yield the segments of a data set, verified, one at a time."""
        return (self._blobs.read(segment.digest) for segment in self._datasets.segments(dataset))

    def plain(self, frame: Frame) -> tuple[PlainColumn, ...]:
        """Return the columns of a frame as plain arrays.

        Raises:
            IntegrityError: stored bytes are damaged or gone.

        """
        return self.plain_of([part.digest for part in self._datasets.segments(frame.dataset)], frame.types)

    def plain_of(self, digests: Sequence[str], types: Mapping[str, object]) -> tuple[PlainColumn, ...]:
        """Return the columns of segments laid end to end; those that were parsed just now lie in memory.

        Raises:
            IntegrityError: stored bytes are damaged or gone.

        """
        tables = self._recent.find(digests)
        if tables is not None and all(map(self._blobs.exists, digests)):
            return frame_columns(tables, types)
        self._recent.forget(digests)  # rows may have been erased from what was stored
        return read_frame(map(self._blobs.read, digests), types)

    def reader(self, frame: Frame) -> FrameReader:
        """Return what reads pages, columns and CSV of a frame, a segment at a time."""
        segments = self._datasets.segments(frame.dataset)
        readers = [SegmentReader(segment.rows, partial(self._blobs.read, segment.digest)) for segment in segments]
        return FrameReader(frame.content, readers)

    def delete(self, node_id: NodeId, caller: Caller, *, force: bool, also: Also = nothing_else) -> None:
        """Leave a tombstone; what was computed from the frame still names it.

        Raises:
            NotFound: there is no such frame.
            InUse: something was made of it and `force` is false.

        """
        self.get(node_id)

        def action(transaction: Transaction) -> None:
            transaction.delete(node_id, force=force)
            also(transaction, node_id)

        self._store.transact(action, caller)


_IS_FRAME = AnyOf(tuple(Comparison("attributes.kind", Operator.EQUAL, kind) for kind in (FRAME, PREDICTION)))


class ParseRun:
    """The handler of `frame.parse` runs."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames

    def __call__(self, run: Run, progress: Progress) -> Outcome:
        """Parse the file that a run names.

        Raises:
            InvalidContent, TooLarge, NotSupported, NotFound: with a text for the person who asked.

        """
        options = run.options
        source = NodeId.parse(text(options, "source"))
        setup = setup_of(mapping(options, "setup"))
        wanted = ParseRequest(source, setup, text(options, "frame"), strict=options.get("strict") is True)
        return self._frames.parsed(self._frames.find_upload(source), wanted, progress)


def parse_run(upload: Upload, wanted: ParseRequest) -> RunRequest:
    """Return the run that parses an upload."""
    setup = setup_document(replace(wanted.setup, preview=(), warnings=()))
    return RunRequest(
        method=PARSE,
        project=upload.project,
        inputs=(Input(upload.node, "source"),),
        params={"format": wanted.setup.format.value, "strict": wanted.strict},
        options={"source": str(upload.node), "setup": setup, "frame": wanted.name, "strict": wanted.strict},
        question=digest_of([PARSE, upload.digest, setup]),
        name=f"parse {wanted.name}"[:256],
    )


def made_frame(wanted: ParseRequest, found: ParsedFrame, stored: Sequence[MadeSegment]) -> MadeDataset:
    """Return the data set that parsing made."""
    return MadeDataset(
        role=FRAME,
        name=wanted.name,
        segments=tuple(stored),
        columns={column.name: column.kind.value for column in found.columns},
        facts={"kind": FRAME},
        frame=frame_document(found),
    )


def said_back(setup: ParseSetup, given: GuessHints) -> GuessHints:
    """Return the hints of who says a set-up back: from them the same set-up would be guessed."""
    if setup.format is not Format.CSV or any(warning.kind == HEADER_UNSURE for warning in setup.warnings):
        return given  # which a given header would settle
    return replace(given, separator=setup.dialect.separator, header=setup.dialect.header)


@contextmanager
def content_faults() -> Iterator[None]:
    """Turn what is wrong with a file's content into the error that says so.

    Raises:
        InvalidContent: the content cannot be taken.

    """
    try:
        yield
    except InvalidContent:
        raise
    except InvalidInput as error:
        raise InvalidContent(error.detail, error.faults) from error
