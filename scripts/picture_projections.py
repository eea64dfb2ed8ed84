"""Draw one data set under every projection method, and measure each picture.

    python scripts/picture_projections.py

writes `docs/images/projections/<method>.png` and the table between the marks in `docs/reference/projections.md`. The
rows are the 1,797 handwritten digits of scikit-learn; no plotting library is needed.
"""

import struct
import time
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits

from arangovis.projections.base import Neighbours, no_progress
from arangovis.projections.neighbours import nearest_neighbours
from arangovis.projections.quality import (
    continuity,
    global_score,
    q_nx,
    spearman_distances,
    triplet_accuracy,
    trustworthiness,
)
from arangovis.projections.registry import names, projector

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "projections.md"
IMAGES = ROOT / "docs" / "images" / "projections"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
SEED = 42
SIDE, MARGIN, DOT = 320, 12, 1
# The colours of Okabe and Ito, which people who see few colours can tell apart, and two more.
PALETTE = "ffffff e69f00 56b4e9 009e73 f0e442 0072b2 d55e00 cc79a7 000000 8c564b 7f7f7f"


def main() -> None:
    """Draw and measure every method."""
    digits = load_digits()
    rows, classes = digits.data.astype(np.float32), digits.target
    neighbours = nearest_neighbours(rows, 100)
    IMAGES.mkdir(parents=True, exist_ok=True)
    lines = []
    for method in names():
        points, seconds = layout(method, rows, neighbours)
        (IMAGES / f"{method}.png").write_bytes(png(picture(points, classes)))
        lines.append(table_line(method, rows, points, seconds))
        print(lines[-1])
    write_table(lines)


def layout(method: str, rows: npt.NDArray[np.float32], neighbours: Neighbours) -> tuple[npt.NDArray[np.float32], float]:
    """Return the points of a method at its defaults, and the CPU seconds of the fit once all is loaded."""
    engine, few = projector(method), rows[:300]
    engine.fit(few, {}, neighbours=None, seed=SEED, progress=no_progress)
    begin = time.process_time()
    points = engine.fit(rows, {}, neighbours=neighbours, seed=SEED, progress=no_progress).coordinates
    return points, time.process_time() - begin


def table_line(method: str, rows: npt.NDArray[np.float32], points: npt.NDArray[np.float32], seconds: float) -> str:
    """Return a line of the table."""
    values = (
        trustworthiness(rows, points),
        continuity(rows, points),
        float(q_nx(rows, points)[9]),
        triplet_accuracy(rows, points),
        spearman_distances(rows, points),
        global_score(rows, points),
    )
    cells = " | ".join(f"{value:.3f}" for value in values)
    return f"| `{method}` | {projector(method).engine({})} | {cells} | {seconds:.1f} |"


def picture(points: npt.NDArray[np.float32], classes: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Return a raster of palette indices: each point a small square in the colour of its class."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = SIDE - 2 * MARGIN
    spots = np.rint(MARGIN + (points - low) / (high - low).max() * room).astype(int)
    spots += ((SIDE - 1 - (spots.max(axis=0) + spots.min(axis=0))) / 2).astype(int)
    raster = np.zeros((SIDE, SIDE), dtype=np.uint8)
    for right in range(-DOT, DOT + 1):
        for down in range(-DOT, DOT + 1):
            raster[SIDE - 1 - spots[:, 1] + down, spots[:, 0] + right] = classes + 1
    return raster


def png(raster: npt.NDArray[np.uint8]) -> bytes:
    """Return a raster of palette indices as a PNG."""
    height, width = raster.shape
    lines = np.hstack([np.zeros((height, 1), np.uint8), raster]).tobytes()
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", bytes.fromhex(PALETTE)),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def write_table(lines: list[str]) -> None:
    """Put the table between the marks of the page."""
    text = PAGE.read_text("utf-8")
    head, tail = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    titles = ("method", "engine", "T15", "C15", "k10", "triplets", "rho", "global", "CPU s")
    table = ["| " + " | ".join(titles) + " |", "| --- | --- |" + " ---: |" * 7, *lines]
    PAGE.write_text(head + "\n" + "\n".join(table) + "\n" + tail, "utf-8")


if __name__ == "__main__":
    main()
