"""The quick looks at bytes that decide which way a block is read."""

import pytest

from arangovis.tabular.frames import ColumnKind, ColumnType, Dialect, GuessHints, ParseSetup, blocks, guess, read_frame
from arangovis.tabular.frames.csv_reading import _misleads


@pytest.mark.parametrize("cell", ["007", "-007", "+07", "0x1F", "0X1f", "-0x1F", " 07", "00"])
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_zeros_before_digits_are_seen_wherever_they_stand(cell: str, place: str) -> None:
    plain = ["1.05", "200", "-0.5", "10", "1e-05", "0.007"]
    cells = {"first": [cell, *plain], "middle": [*plain, cell, *plain], "last": [*plain, cell]}[place]
    setup = ParseSetup((ColumnType("n", ColumnKind.REAL),), dialect=Dialect(",", header=False))

    assert _misleads("\n".join(cells).encode(), setup)
    assert _misleads(("," + ",".join(cells)).encode(), setup)


def test_zeros_within_numbers_do_not_mislead() -> None:
    setup = ParseSetup((ColumnType("n", ColumnKind.REAL),), dialect=Dialect(",", header=False))

    for text in ("", "0", "0.05,100,-0.007\n1000.00,1e-05,3.0e+07\n0,0", "100"):
        assert not _misleads(text.encode(), setup)


def test_a_header_longer_than_a_short_look_is_found_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_HEAD_BYTES", 7)
    body = b'# a remark\n\n"a ""quoted""\nname",b\n1,2\n3,4\n'

    reader = read_frame(body)

    assert [column.name for column in reader.frame.columns] == ['a "quoted"\nname', "b"]
    assert reader.frame.rows == 2


def test_a_glance_looks_at_fewer_rows() -> None:
    body = b"a\n" + b"1\n" * 100 + b"2.5\n" * 200

    assert guess(body, GuessHints(rows=100)).columns[0].kind is ColumnKind.INTEGER
    assert guess(body).columns[0].kind is ColumnKind.REAL
