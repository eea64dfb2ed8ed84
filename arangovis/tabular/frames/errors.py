"""How a file is refused."""

from arangovis.domain.errors import Fault, InvalidInput, NotSupported, TooLarge
from arangovis.tabular.limits import shown

__all__ = ["empty", "refused", "shown", "too_large", "unsupported"]


def refused(field: str, problem: str) -> InvalidInput:
    """Build the error for one thing wrong with a file; `field` is a column, or `file` for all of it."""
    return InvalidInput.of(Fault(field, problem))


def empty() -> InvalidInput:
    """Build the error for a file with nothing in it."""
    return refused("file", "is empty: there is no header line and no row")


def too_large(what: str, limit: int) -> TooLarge:
    """Build the error for a file over a limit."""
    return TooLarge(f"the file has more than {limit:,} {what}")


def unsupported(column: str, type_name: str) -> NotSupported:
    """Build the error for a column of a type that a frame does not hold."""
    return NotSupported(
        f"column {shown(column)} holds {type_name}; a frame holds numbers, texts, times and truths:"
        " make columns of it, or leave it out"
    )
