"""Whether erasures came to their end."""

from collections.abc import Iterator

from arangovis.artifacts.base import ArtifactStore
from arangovis.services.erased import ERASED, is_gone
from arangovis.services.erasing.ledger import BEGUN, entries
from arangovis.stores.base import GraphStore


def erasure_problems(store: GraphStore, artifacts: ArtifactStore) -> Iterator[tuple[str, str, str]]:
    """Yield (code, subject, sentence) of each erasure that is not done, and of bytes that are there in spite of one."""
    open_ones = set()
    for entry in entries(store, BEGUN):
        open_ones.add(entry.key)
        yield "unfinished-erasure", entry.key, "it was begun and stopped; `arangovis erase --resume` goes on with it"
    for record in store.all_records(ERASED):
        if is_gone(record) and record.group not in open_ones and artifacts.exists(record.key):
            yield "erased-bytes", record.key[:12], "these bytes were erased, but are there"
