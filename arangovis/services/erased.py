"""Records of bytes from which rows were erased: what they became, and that they must not come back.

Versions of nodes from before the erasure name the old digest. Who reads it gets what the bytes became, without the
rows; or is told that they were erased.

Some bytes go as a *precaution*: vectors, neighbours or a fitted transformer that a run made of the rows and of others,
which nobody can tell the rows in. What a run makes that began after the erasure is made of rows that are left. If the
same bytes come of it, they never said anything of the person, and are there *again*. Nobody else may bring them.
"""

from dataclasses import replace

from arangovis.domain.errors import Conflict, Gone
from arangovis.domain.graph import Record
from arangovis.domain.json import Document
from arangovis.domain.views import mapping, optional_text
from arangovis.stores.transaction import Transaction

ERASED = "erased"
AGAIN = "again"
"""The group of records of bytes that a run made again; no erasure has to remove those."""


def erased_record(digest: str, became: str | None, *, erasure: str, at: int, is_precaution: bool = False) -> Record:
    """Return the record that some bytes were erased, or became others, at a time in microseconds since 1970."""
    noted: Document = {"precaution": True} if is_precaution else {}  # records from before say nothing: they are sure
    return Record(ERASED, digest, group=erasure, due=at, data={"became": became, **noted})


def is_gone(record: Record | None) -> bool:
    """Say whether bytes were erased and not made again since."""
    return record is not None and record.group != AGAIN


def erased_note(attributes: Document) -> Document:
    """Return what a data set says of rows erased from it: how many and when; empty if there were none."""
    return mapping(mapping(attributes, "extra"), ERASED)


def became(record: Record) -> str:
    """Return the digest of what bytes became.

    Raises:
        Gone: they were erased altogether.

    """
    found = optional_text(record.data, "became")
    if found is None:
        raise Gone(f"the bytes of blob {record.key[:12]} were erased, since they held rows of a person")
    return found


def refuse_erased(transaction: Transaction, digest: str, begun: int | None = None) -> None:
    """Refuse bytes that hold rows which were erased; `begun` is when the run began that made them, None if none did.

    Raises:
        Conflict: these do, or went as a precaution and are not of a run that began after that.

    """
    record = transaction.record(ERASED, digest)
    if record is None:
        return
    if "precaution" not in record.data or begun is None or begun <= record.due:
        raise Conflict("these bytes hold rows of a person that were erased; send them without those rows")
    transaction.put_record(replace(record, group=AGAIN))
