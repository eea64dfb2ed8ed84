"""Rows of a person in bytes that no node names yet: of an append under way, or of one, or an erasure, that was killed.

Nothing leads to them, and a day later they are swept; an erasure does not wait for that. They are not forbidden, since
another erasure that was stopped may have to write the same bytes on its way.
"""

from collections.abc import Iterator
from itertools import chain

from arangovis.domain.erasure import Subject
from arangovis.domain.errors import Gone, IntegrityError
from arangovis.domain.graph import Caller
from arangovis.services.blob_records import DOOMED, STAGED, BlobReference, reference_of
from arangovis.services.blobs import Blobs
from arangovis.services.erasing.ledger import Entry
from arangovis.stores.base import GraphStore
from arangovis.tabular.erasing import matching_places

_PARQUET = b"PAR1"
"""What every segment begins with: nothing else is read whole, such as an upload of a gigabyte."""


def discard_staged(store: GraphStore, blobs: Blobs, entry: Entry, caller: Caller) -> None:
    """Remove staged segments that hold a person's rows: who staged them has to send them again."""
    blobs.discard(list(_staged(store, blobs, entry.subject)), caller, entry.key)


def _staged(store: GraphStore, blobs: Blobs, subject: Subject) -> Iterator[BlobReference]:
    for record in chain(store.all_records("blob", STAGED), store.all_records("blob", DOOMED)):
        if _has_rows_of(blobs, record.key, subject):
            yield reference_of(record)


def _has_rows_of(blobs: Blobs, digest: str, subject: Subject) -> bool:
    try:
        with blobs.open(digest) as file:
            if file.read(len(_PARQUET)) != _PARQUET:
                return False
        places = matching_places(blobs.read(digest), subject.column, subject.is_named_by)
    except (IntegrityError, Gone):
        return False  # half of a segment, or not there any more
    return places is not None and len(places) > 0
