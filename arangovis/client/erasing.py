"""Erasing a person's rows; `docs/howto/erase-a-person.md` tells of it."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from arangovis.client.asking import Asking
from arangovis.client.values import node_id
from arangovis.domain.ids import NodeId
from arangovis.domain.wire import from_wire
from arangovis.services.erasing.erasures import Erasure, LedgerEntry

AnyNode: TypeAlias = NodeId | str


class Erasing(Asking):
    """Erasures."""

    def erase(
        self, column: str, value: str | int, *, datasets: Sequence[AnyNode] | None = None, dry_run: bool = True
    ) -> Erasure:
        """Remove a person's rows from all that holds them: data sets, samples, plots, results, vectors, uploads, texts.

        Args:
            column: the column that says whose a row is.
            value: whose rows; it is not kept, but a keyed hash of it.
            datasets: only of these data sets; of all, and of texts in series, if left out.
            dry_run: only count.

        Raises:
            InvalidInput: a named data set has no such column, or no rows that are kept here.

        """
        said: dict[str, Any] = {"column": column, "value": str(value), "dry_run": dry_run}
        if datasets is not None:
            said["datasets"] = [str(node_id(dataset, "dataset")) for dataset in datasets]
        return self._ask(Erasure, "POST", "/erasures", said)

    def erasures(self) -> list[LedgerEntry]:
        """Return all erasures, oldest first; who was erased is not to be told from them."""
        return list(self._ask_pages(LedgerEntry, "/erasures"))

    def resume_erasures(self) -> list[Erasure]:
        """Go on with erasures that were begun and stopped, and return what each did."""
        return self._did("resume")

    def replay_erasures(self) -> list[Erasure]:
        """Do every erasure again, since rows may have come back, and return what each did."""
        return self._did("replay")

    def _did(self, what: str) -> list[Erasure]:
        page = self._ask_document("POST", f"/erasures/{what}")
        return [from_wire(document, Erasure) for document in page["items"]]
