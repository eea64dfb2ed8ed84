"""What a set-up must be like before anything is read with it."""

from collections import Counter
from collections.abc import Sequence

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.tabular.frames import limits
from arangovis.tabular.frames.errors import shown, too_large
from arangovis.tabular.frames.opening import ENCODINGS
from arangovis.tabular.frames.types import Dialect, ParseSetup


def check_setup(setup: ParseSetup) -> None:
    """Check the names and the dialect.

    Raises:
        InvalidInput: a name is there twice or is no text, or a sign of the dialect is not right.
        TooLarge: there are too many columns.

    """
    if not setup.columns:
        raise InvalidInput.of(Fault("columns", "there are none"))
    if len(setup.columns) > limits.COLUMNS_MAX:
        raise too_large("columns", limits.COLUMNS_MAX)
    faults = [*_name_faults(setup.names), *dialect_faults(setup.dialect)]
    if faults:
        raise InvalidInput.of(*faults)


def _name_faults(names: Sequence[str]) -> list[Fault]:
    twice = [name for name, count in Counter(names).items() if count > 1]
    faults = [Fault(name[: limits.NAME_LENGTH_MAX], "there are two columns of this name") for name in twice]
    for number, name in enumerate(names, start=1):
        if not name.strip():
            faults.append(Fault("columns", f"column {number} has no name"))
        elif len(name) > limits.NAME_LENGTH_MAX or not _is_text(name):
            problem = f"is not text of at most {limits.NAME_LENGTH_MAX} characters"
            faults.append(Fault("columns", f"the name of column {number}, {shown(name)}, {problem}"))
    return faults


def _is_text(name: str) -> bool:
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in name)


def dialect_faults(dialect: Dialect) -> list[Fault]:
    """Return what is wrong with a dialect."""
    faults = []
    if not _is_sign(dialect.separator) or dialect.separator == dialect.quote:
        faults.append(Fault("separator", f"{shown(dialect.separator)} is not one ASCII character, such as ',' or ';'"))
    if dialect.quote and not _is_sign(dialect.quote):
        faults.append(Fault("quote", f"{shown(dialect.quote)} is not one ASCII character, and not empty"))
    if dialect.comment and (not _is_sign(dialect.comment) or dialect.comment in (dialect.separator, dialect.quote)):
        faults.append(Fault("comment", f"{shown(dialect.comment)} is not one ASCII character, and not empty"))
    if dialect.encoding not in ENCODINGS:
        faults.append(Fault("encoding", f"{shown(dialect.encoding)} is not one of {', '.join(ENCODINGS)}"))
    return faults


def _is_sign(text: str) -> bool:
    return len(text) == 1 and text.isascii() and text not in "\0\r\n" and not text.isalnum()
