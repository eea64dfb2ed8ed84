"""Erasures done again in a store that was restored from an older backup."""

from pathlib import Path

from arangovis.domain.graph import Caller
from arangovis.services.blobs import Blobs
from arangovis.services.copying.copying import Place
from arangovis.services.erasing.erasures import Erasures
from arangovis.services.erasing.ledger import read_file
from arangovis.services.runs import Runs

RESTORER = Caller("restore")


def erase_again(place: Place, ledger: Path) -> int:
    """Do the erasures of a ledger's file, and those that the store knows of, again; return how many.

    Raises:
        IntegrityError: the ledger cannot be read.
        StoreUnavailable: a store did not answer; restoring again goes on.

    """
    blobs = Blobs(place.store, place.artifacts)
    erasures = Erasures(place.store, blobs, Runs(place.store, blobs))
    return len(erasures.replay(read_file(ledger), RESTORER))
