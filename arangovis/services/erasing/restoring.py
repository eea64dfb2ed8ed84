"""Erasures done again in a store that was restored from an older backup."""

from collections.abc import Iterable
from pathlib import Path

from arangovis.domain.graph import Caller
from arangovis.services.blobs import Blobs
from arangovis.services.copying.copying import Place
from arangovis.services.erasing.erasures import Erasures
from arangovis.services.erasing.ledger import Entry
from arangovis.services.runs import Runs

RESTORER = Caller("restore")


def erase_again(place: Place, known: Iterable[Entry], home: Path | None = None) -> int:
    """Do erasures, and those that the store knows of, again; return how many.

    Args:
        place: what was restored.
        known: what the files of ledgers say.
        home: where the ledger of this store is kept from now on, which then has all of them.

    Raises:
        StoreUnavailable: a store did not answer; restoring again goes on.

    """
    blobs = Blobs(place.store, place.artifacts)
    erasures = Erasures(place.store, blobs, Runs(place.store, blobs), folder=home)
    return len(erasures.replay(known, RESTORER))
