"""CSV records one by one, with the lines that they stand on. Exact but slow: for samples and for untidy blocks.

It works on bytes taken as Latin-1, so that lengths are bytes and any encoding that contains ASCII comes out as it
went in; `as_text` makes texts of the cells. A quote opens a cell only at its very beginning.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from arangovis.tabular.frames.errors import refused
from arangovis.tabular.frames.limits import CELL_LENGTH_MAX
from arangovis.tabular.frames.types import Dialect

BYTES = "latin-1"


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its cells (bytes as Latin-1), the line that it begins on, and where its bytes end.

    It is not whole if the bytes end within a quoted cell.
    """

    cells: Sequence[str]
    line: int
    end: int
    whole: bool = True


@dataclass(slots=True)
class Skipped:
    """Lines that hold no record: the first few, and how many."""

    blank: list[int]
    comment: list[int]


def records(data: bytes, dialect: Dialect, *, first_line: int = 1, skipped: Skipped | None = None) -> Iterator[Record]:
    """Yield the records of whole lines of a file. Blank lines and comments are passed over.

    Raises:
        InvalidInput: a cell is too long.

    """
    lines = _Lines(data, dialect.comment, first_line, skipped or Skipped([], []))
    spaces = dialect.separator == " "
    reader = csv.reader(
        lines,
        delimiter=dialect.separator,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        skipinitialspace=spaces,
    )
    while True:
        lines.fresh = True
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"line {lines.begun} begins a record with a cell of more than {CELL_LENGTH_MAX:,} characters"
            raise refused("file", f"{problem}; a quote may be open") from error
        if spaces and len(cells) > 1 and lines.ends_with_space:
            cells.pop()  # what follows it is no cell
        yield Record(cells or [""], lines.begun, lines.end, not lines.ended_within)


def as_text(cell: str, encoding: str = "utf-8") -> str:
    """Return a cell as the text that its bytes mean; what is not in the encoding becomes a replacement character."""
    return cell.encode(BYTES).decode(encoding, errors="replace")


def write_records(rows: Sequence[Sequence[str]], dialect: Dialect) -> bytes:
    """Return cells (bytes as Latin-1) as tidy CSV: no blank lines, one break after each record."""
    text = io.StringIO()
    csv.writer(
        text,
        delimiter=dialect.separator,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_ALL if dialect.quote else csv.QUOTE_NONE,
        lineterminator="\n",
    ).writerows(rows)
    return text.getvalue().encode(BYTES)


class _Lines:
    """The lines of a file for a csv reader, without those that hold no record.

    `fresh` says that the reader begins a record: within one, a line that looks blank or like a comment is a part of
    a quoted cell.
    """

    def __init__(self, data: bytes, comment: str, first_line: int, skipped: Skipped) -> None:
        self._lines = io.StringIO(data.decode(BYTES), newline="")
        self._comment = comment
        self._skipped = skipped
        self._next = first_line
        self.fresh = True
        self.begun = first_line
        self.end = 0
        self.ended_within = False
        self._line = ""

    @property
    def ends_with_space(self) -> bool:
        """Whether the last line does."""
        return self._line.rstrip("\r\n").endswith(" ")

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        for line in self._lines:
            number, self._next = self._next, self._next + 1
            self.end += len(line)
            if self.fresh and not self._holds_a_record(line, number):
                continue
            if self.fresh:
                self.fresh, self.begun = False, number
            self._line = line
            return line
        self.ended_within = not self.fresh
        raise StopIteration

    def _holds_a_record(self, line: str, number: int) -> bool:
        if self._comment and line.startswith(self._comment):
            self._skipped.comment.append(number)
            return False
        if not line.strip("\r\n"):
            self._skipped.blank.append(number)
            return False
        return True
