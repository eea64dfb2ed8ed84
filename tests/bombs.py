"""Small bodies that become large, each given to its reader: `python -m tests.bombs NAME` says what came of it.

In a process of its own, so that how much memory it took can be told.
"""

import contextlib
import gzip
import io
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from arangovis.domain.errors import ArangovisError
from arangovis.tabular import read_rows
from arangovis.tabular.frames import read_frame
from arangovis.workers.process import PeakMemory

SMALL_BYTES = 4 << 20
"""No bomb is larger than this."""
JSON, PARQUET = "application/json", "application/vnd.apache.parquet"
ARROW = "application/vnd.apache.arrow.stream"
_PIECE = 1 << 20
LONG_LINE = b'{"_id":"models/1","a":"' + b"a" * 100_000 + b'"}\n'
_FACTS = b'{"arrays":["x"],"facts":{},"format":1}'


def gzipped(line: bytes, pieces: int) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6) as file:
        for _ in range(pieces):
            file.write(line * (_PIECE // len(line)))
    return out.getvalue()


def zstd(line: bytes, pieces: int) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as file:
        for _ in range(pieces):
            file.write(line * (_PIECE // len(line)))
    return bytes(out.getvalue())


def repeated_text(rows: int, length: int) -> bytes:
    """Return a Parquet file that has one long text once, and names it in every row."""
    words = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * length]))
    out = io.BytesIO()
    pq.write_table(pa.table({"a": words, "b": range(rows)}), out, store_schema=False)
    return out.getvalue()


def arrow(opener: Callable[..., Any], batches: int) -> bytes:
    """Return Arrow data with compressed buffers, 8 MiB of one letter in each batch."""
    batch = pa.record_batch({"a": ["x" * 80_000] * 100})
    out = io.BytesIO()
    with opener(out, batch.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        for _ in range(batches):
            writer.write_batch(batch)
    return out.getvalue()


def lying(opener: Callable[..., Any]) -> bytes:
    """Return Arrow data that says its one buffer unpacks to a terabyte."""
    batch = pa.record_batch({"a": [0.5] * 20_000})
    out = io.BytesIO()
    with opener(out, batch.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_batch(batch)
    return out.getvalue().replace((160_000).to_bytes(8, "little"), (2**40).to_bytes(8, "little"))


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in members.items():
            with archive.open(name, "w") as file:
                for _ in range(256 if name.endswith(".npy") and not content else 0):
                    file.write(b"\0" * _PIECE)
                file.write(content)
    return out.getvalue()


def endless_array() -> bytes:
    """Return a stored array of eight terabytes, of which there is the header."""
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }".ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header


def read_bundle(data: bytes) -> None:
    from arangovis.tabular.bundle import from_bytes

    from_bytes(data)


def read_scorer(data: bytes) -> None:
    from arangovis.anomaly.export.archive import read

    read(data)


def read_dump(data: bytes) -> None:
    from arangovis.exchange.arangopipe.files import read_graph

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "models.jsonl.gz"
        file.write_bytes(data)
        read_graph(file)


def read_cursor(data: bytes) -> None:
    from arangovis.series.cursors import Cursor

    Cursor.of(data.decode())


def read_weights(data: bytes) -> None:
    from arangovis.services.compatibility.weights import check_format

    check_format(data)


def cursor() -> bytes:
    import base64
    import zlib

    return base64.urlsafe_b64encode(zlib.compress(b'[1,"",0,{"' + b"a" * (20 << 20) + b'":{}}]'))


def nested(count: int) -> bytes:
    return b"[" * count + b"]" * count


BOMBS: dict[str, tuple[Callable[[], bytes], Callable[[bytes], object]]] = {
    "gzip, a frame of CSV": (lambda: gzipped(b"1,2\n", 160), read_frame),
    "gzip, a frame without a line's end": (lambda: gzipped(b"1", 160), read_frame),
    "zstd, a frame of CSV": (lambda: zstd(b"1,2\n", 160), read_frame),
    "gzip, a dump of arangopipe": (lambda: gzipped(LONG_LINE, 600), read_dump),
    "gzip, a dump of one line": (lambda: gzipped(b"[", 200), read_dump),
    "Parquet, rows": (lambda: repeated_text(60_000, 100_000), lambda data: read_rows(data, PARQUET)),
    "Parquet, a frame": (lambda: repeated_text(65_536, 100_000), read_frame),
    "Arrow, rows in many batches": (lambda: arrow(pa.ipc.new_stream, 300), lambda data: read_rows(data, ARROW)),
    "Arrow, rows that lie": (lambda: lying(pa.ipc.new_stream), lambda data: read_rows(data, ARROW)),
    "Arrow, a frame from a stream": (lambda: lying(pa.ipc.new_stream), read_frame),
    "Arrow, a frame from a file": (lambda: lying(pa.ipc.new_file), read_frame),
    "zip, stored arrays": (lambda: zipped({"facts.json": _FACTS, "x.npy": b""}), read_bundle),
    "zip, an array of terabytes": (
        lambda: zipped({"facts.json": _FACTS, "x.npy": endless_array()}, zipfile.ZIP_STORED),
        read_bundle,
    ),
    "zip, the export of a detector": (lambda: zipped({"model.onnx": b"", "x.npy": b""}), read_scorer),
    "zlib, a cursor of series": (cursor, read_cursor),
    "JSON, rows inside each other": (lambda: nested(1 << 20), lambda data: read_rows(data, JSON)),
    "JSON, a header of weights": (
        lambda: (2 << 20).to_bytes(8, "little") + nested(1 << 20) + b" ",
        read_weights,
    ),
}


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Say how large the body is, how much memory reading it took at most, and how it was refused."""
    make, read = BOMBS[sys.argv[1]]
    with tempfile.TemporaryFile() as kept:
        if (process := os.fork()) == 0:  # so that making it counts for nothing
            kept.write(make())
            kept.flush()
            os._exit(0)
        os.waitpid(process, 0)
        kept.seek(0)
        data = kept.read()
    for warm in (b"a\n1\n",):
        with contextlib.suppress(ArangovisError):
            read(warm)
    peak = PeakMemory()  # not that of resource.getrusage, which begins with the parent's
    before, refusal = resident_bytes(), "taken"
    try:
        read(data)
    except ArangovisError as error:
        refusal = error.code
    grown = max(((peak.mib() or 0) << 20) - before, 0)
    sys.stdout.write(f"{len(data)} {grown} {refusal}\n")


if __name__ == "__main__":
    main()
