"""`docs/reference/frames.md` says what the code does."""

import re
from pathlib import Path

from arangovis.tabular.frames import LOSSY, ColumnKind, limits
from arangovis.tabular.frames.findings import DETAILS

TEXT = (Path(__file__).parents[4] / "docs" / "reference" / "frames.md").read_text("utf-8")
ROWS = re.findall(r"^\| (`.*?) \| .* \| (refused|told|)\s*\|$", TEXT, re.MULTILINE)


def test_every_type_is_documented() -> None:
    assert set(re.findall(r"^\| `(\w+)` \| .* \| .* \|$", TEXT, re.MULTILINE)) >= {str(kind) for kind in ColumnKind}


def test_every_warning_is_documented() -> None:
    told = {kind: effect for kinds, effect in ROWS for kind in re.findall(r"`(\w+)`", kinds)}
    assert set(told) - {"header_unsure", "ambiguous_dates", "missing_words"} == set(DETAILS)
    assert {kind for kind, effect in told.items() if effect == "refused"} == LOSSY


def test_the_limits_are_those_of_the_code() -> None:
    for number in (
        limits.COLUMNS_MAX,
        limits.ROWS_MAX,
        limits.CELL_LENGTH_MAX,
        limits.PAGE_CELLS_MAX,
        limits.SAMPLE_ROWS,
    ):
        assert f"{number:,}" in TEXT
    assert f"{limits.PACKING_RATIO_MAX} times" in TEXT
    assert f"{limits.RECORD_BYTES_MAX >> 20} MiB" in TEXT
    assert f"{limits.UNPACKED_BYTES_MAX >> 30} GiB" in TEXT
