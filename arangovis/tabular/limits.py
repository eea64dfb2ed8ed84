"""What a body of rows may be at most, and how one is refused."""

from collections.abc import Sequence

from arangovis.domain.errors import Fault, InvalidInput, TooLarge

BODY_BYTES_MAX = 1 << 30
ROWS_MAX = 1_000_000
COLUMNS_MAX = 10_000
"""After the columns of an embedding are folded into one."""
EMBEDDING_DIMENSION_MAX = 8192
CELLS_MAX = 100_000_000
"""Rows times columns, after folding: a short body can mean a very large table."""
UNCOMPRESSED_BYTES_MAX = 2 << 30
VALUES_MAX = UNCOMPRESSED_BYTES_MAX // 4
"""Members of one list column, all rows together."""
NAME_LENGTH_MAX = 512
ROW_ID_LENGTH_MAX = 256
_SHOWN_LENGTH_MAX = 80


def refused(field: str, problem: str) -> InvalidInput:
    """Build the error for one thing wrong with a body; `field` is a column, or `body` for all of it."""
    return InvalidInput.of(Fault(field, problem))


def too_large(what: str, number: int, limit: int) -> TooLarge:
    """Build the error for a body over a limit."""
    return TooLarge(f"the body has {number:,} {what}; at most {limit:,} are read at once")


def check_counts(rows: int, columns: int) -> None:
    """Check the size of a table whose embedding is one column.

    Raises:
        TooLarge: there is too much of it.

    """
    for what, number, limit in (
        ("rows", rows, ROWS_MAX),
        ("columns", columns, COLUMNS_MAX),
        ("cells", rows * columns, CELLS_MAX),
    ):
        if number > limit:
            raise too_large(what, number, limit)


def check_names(names: Sequence[str]) -> None:
    """Check the column names of a body.

    Raises:
        InvalidInput: one is empty, too long, not text, or there twice.

    """
    seen: set[str] = set()
    for position, name in enumerate(names, start=1):
        if not name.strip():
            raise refused("body", f"column {position} has no name")
        if len(name) > NAME_LENGTH_MAX:
            raise refused(name[:_SHOWN_LENGTH_MAX], f"the name is longer than {NAME_LENGTH_MAX} characters")
        if not all(_is_text(character) for character in name):
            raise refused("body", f"the name of column {position} is not plain text: {shown(name)}")
        if name in seen:
            raise refused(name, "there are two columns of this name")
        seen.add(name)


def _is_text(character: str) -> bool:
    return character >= " " and character != "\x7f" and not "\ud800" <= character <= "\udfff"


def shown(value: object) -> str:
    """Return a value as an error shows it: quoted if it is text, and cut."""
    text = repr(value[:_SHOWN_LENGTH_MAX]) if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN_LENGTH_MAX + 2 else f"{text[:_SHOWN_LENGTH_MAX]}..."
