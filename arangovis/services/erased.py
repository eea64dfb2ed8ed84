"""Records of bytes from which rows were erased: what they became, and that they must not come back.

Versions of nodes from before the erasure name the old digest. Who reads it gets what the bytes became, without the
rows; or is told that they were erased.
"""

from arangovis.domain.errors import Conflict, Gone
from arangovis.domain.graph import Record
from arangovis.domain.json import Document
from arangovis.domain.views import mapping, optional_text
from arangovis.stores.transaction import Transaction

ERASED = "erased"


def erased_record(digest: str, became: str | None, *, erasure: str, at: int) -> Record:
    """Return the record that some bytes were erased, or became others, at a time in microseconds since 1970."""
    return Record(ERASED, digest, group=erasure, due=at, data={"became": became})


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


def refuse_erased(transaction: Transaction, digest: str) -> None:
    """Refuse bytes that hold rows which were erased.

    Raises:
        Conflict: these do.

    """
    if transaction.record(ERASED, digest) is not None:
        raise Conflict("these bytes hold rows of a person that were erased; send them without those rows")
