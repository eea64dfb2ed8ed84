"""What reading a CSV file into a frame costs beside Arrow's own CSV reader, which keeps nothing and checks nothing.

    python -m tests.benchmarks.frames [--rows 200000] [--rounds 5]

Each round reads the same bytes three ways, one after the other: `pyarrow.csv.read_csv` to a table in memory (the
floor), then the same with its table written to Parquet as a frame's segments are, then `guess` and `parse`: types,
statistics of every column, warnings, segments. Files: 30 columns of decimal numbers; numbers, words, times and codes;
the numbers again with a text every thousand rows, which must be told.
"""

import argparse
import io
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from arangovis.tabular.frames import guess, parse

COLUMNS = 30


def numbers(rows: int) -> bytes:
    """Return decimal numbers as CSV."""
    text = io.StringIO()
    table = np.random.default_rng(0).normal(size=(rows, COLUMNS))
    header = ",".join(f"column_{number}" for number in range(COLUMNS))
    np.savetxt(text, table, fmt="%.6f", delimiter=",", header=header, comments="")
    return text.getvalue().encode()


def mixed(rows: int) -> bytes:
    """Return whole and decimal numbers, words, times and codes as CSV."""
    random = np.random.default_rng(0)
    words = random.choice(["red", "green", "blue", "a longer colour"], rows)
    days = random.integers(1, 28, rows)
    lines = (
        f'{number},{number / 7:.4f},{word},2024-02-{day:02} 03:04:05,{number:08},"{word}, {number}"'
        for number, (word, day) in enumerate(zip(words, days, strict=True))
    )
    return ("whole,decimal,word,when,code,note\n" + "\n".join(lines) + "\n").encode()


def untidy(rows: int) -> bytes:
    """Return numbers of which a few are none."""
    lines = numbers(rows).split(b"\n")
    for place in range(1000, len(lines) - 1, 1000):
        lines[place] = b"unknown" + lines[place][lines[place].index(b",") :]
    return b"\n".join(lines)


def arrow_table(data: bytes) -> pa.Table:
    """Read with Arrow."""
    return arrow_csv.read_csv(pa.BufferReader(data))


def arrow_parquet(data: bytes) -> None:
    """Read with Arrow and write Parquet."""
    pq.write_table(
        arrow_table(data), pa.BufferOutputStream(), compression="snappy", use_dictionary=False, write_statistics=False
    )


def frame(data: bytes) -> None:
    """Read into a frame."""
    parse(io.BytesIO(data), guess(data), lambda segment: None)


def seconds(read: Callable[[bytes], object], data: bytes) -> float:
    """Return what one reading takes."""
    begin = time.perf_counter()
    read(data)
    return time.perf_counter() - begin


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    ways = {"arrow": arrow_table, "arrow + parquet": arrow_parquet, "frame": frame}
    for make in (numbers, mixed, untidy):
        data = make(options.rows)
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(options.rounds):
            for name, read in ways.items():
                taken[name].append(seconds(read, data))
        size = len(data) / 1e6
        floor = median(taken["arrow"])
        for name, found in taken.items():
            middle = median(found)
            print(
                f"{make.__name__:8} {size:7.1f} MB  {name:16} {size / middle:7.1f} MB/s  {middle / floor:5.2f} x arrow"
            )


if __name__ == "__main__":
    main()
