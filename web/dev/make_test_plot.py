"""Writes `src/test/digits.arrow`, the plot file that the page's unit tests read: `python web/dev/make_test_plot.py`."""

from pathlib import Path

import pyarrow as pa
from fixture_server import plot_bytes

TRAINING_ROWS, PRODUCTION_ROWS = 60, 240
PRODUCTION_START = 500


def main() -> None:
    """Write every fifth or so of the fixture server's plot, in two batches, as a stream may come."""
    whole = pa.ipc.open_stream(plot_bytes(None)).read_all()
    chosen = [*range(TRAINING_ROWS), *range(PRODUCTION_START, PRODUCTION_START + PRODUCTION_ROWS)]
    # Production first: the page must not rely on the order of rows.
    table = whole.take(chosen[TRAINING_ROWS:] + chosen[:TRAINING_ROWS])
    file = Path(__file__).resolve().parents[1] / "src" / "test" / "digits.arrow"
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=200)


if __name__ == "__main__":
    main()
