"""Rows out of stored segments: by position, row group by row group; by number among those without an error."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.errors import IntegrityError, InvalidInput
from arangovis.tabular import Rows, SegmentReader, error_free, read_rows, row_errors, rows
from arangovis.tabular.arrow_stream import MEDIA_TYPE, Column, arrow_pieces, from_arrow, to_arrow
from arangovis.tabular.picking import pick

flags = st.lists(st.booleans(), min_size=1, max_size=12)


def stored(count: int, errors: Sequence[bool] = ()) -> Rows:
    columns = {
        "_id": [f"r{n}" for n in range(count)],
        "embedding": np.arange(2 * count, dtype=np.float32).reshape(-1, 2),
    }
    flagged = [("late" if error else None) for error in errors] or [None] * count
    return read_rows(to_arrow({**columns, "_hs_error": flagged}), MEDIA_TYPE)


@given(st.data())
def test_picking_is_selecting_whatever_the_row_groups(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 30))
    chosen = np.array(sorted(data.draw(st.sets(st.integers(0, count - 1), min_size=1))), dtype=np.int64)
    columns = data.draw(st.sampled_from([None, ("_id",), ("_id", "embedding"), ("embedding",)]))
    whole = stored(count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "ROW_GROUP_ROWS", data.draw(st.integers(1, 8)))
        segment = whole.to_parquet()
    assert pick(segment, chosen, rows=count, columns=columns) == Rows.from_parquet(segment, columns).select(chosen)


def test_a_segment_of_another_length_is_damaged() -> None:
    with pytest.raises(IntegrityError, match="a segment has 5 rows; its manifest says 6"):
        pick(stored(5).to_parquet(), np.arange(2), rows=6)
    with pytest.raises(IntegrityError, match="cannot be read"):
        pick(b"PAR1 no more", np.arange(2), rows=6)


@given(st.lists(flags, min_size=1, max_size=5), st.data())
def test_error_free_rows_are_counted_over_all_segments(errors: list[list[bool]], data: st.DataObject) -> None:
    segments = [reader(flagged, data.draw(st.booleans())) for flagged in errors]
    good = np.flatnonzero(~row_errors(segments))
    ordinals = sorted(data.draw(st.sets(st.integers(0, max(0, good.size - 1))))) if good.size else []
    np.testing.assert_array_equal(error_free(segments, ordinals), good[np.array(ordinals, dtype=np.int64)])
    for beyond in (-1, good.size):
        with pytest.raises(InvalidInput, match="rows: are not all between"):
            error_free(segments, [beyond])


def reader(errors: list[bool], counted: bool) -> SegmentReader:
    data = stored(len(errors), errors).to_parquet()
    return SegmentReader(len(errors), lambda: data, sum(errors) if counted else None)


def test_segments_without_errors_are_not_read() -> None:
    def unread() -> bytes:
        raise AssertionError("nobody should read this")

    segments = [SegmentReader(4, unread, 0), SegmentReader(3, unread, 2), SegmentReader(5, unread, 0)]
    np.testing.assert_array_equal(error_free(segments, [0, 3, 5, 9]), [0, 3, 7, 11])


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_pieces_are_one_stream_a_table_at_a_time(sizes: list[int]) -> None:
    made: list[int] = []

    def tables() -> Iterator[Mapping[str, Column]]:
        for number, size in enumerate(sizes):
            made.append(number)
            yield {"id": [f"{number}-{n}" for n in range(size)], "x": np.full(size, number, dtype=np.float32)}

    pieces = arrow_pieces(tables())
    first = next(pieces)
    assert made == [0]
    found = from_arrow(b"".join([first, *pieces]))
    assert found["id"] == [f"{number}-{n}" for number, size in enumerate(sizes) for n in range(size)]
    np.testing.assert_array_equal(found["x"], np.repeat(np.arange(len(sizes), dtype=np.float32), sizes))


def test_tables_of_other_columns_are_no_stream() -> None:
    with pytest.raises(InvalidInput, match="columns: differ between the tables"):
        list(arrow_pieces([{"x": [1, 2]}, {"y": [1, 2]}]))
