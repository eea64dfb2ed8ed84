"""The run that something is added to: it must live, and be of the generation that is meant."""

from arangovis.domain.errors import NotFound, RunGone, RunReplaced
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.runs import Run
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction


def find_run(store: GraphStore, run_id: NodeId, generation: int | None) -> Run:
    """Return the run that something is to be added to.

    Raises:
        NotFound: there is none.
        RunGone, RunReplaced: it was deleted, or is of another generation.

    """
    node = store.find(run_id)
    if node is None:
        raise NotFound(f"there is no {run_id}")
    return _checked_run(run_id, node.project, node.attributes, deleted=node.version.deleted, generation=generation)


def check_run(transaction: Transaction, run_id: NodeId, generation: int | None) -> Run:
    """Return the run that something is to be added to, inside an action.

    Raises:
        as `find_run`.

    """
    draft = transaction.find_many((run_id,)).get(run_id)
    if draft is None:
        raise NotFound(f"there is no {run_id}")
    return _checked_run(run_id, draft.project, draft.attributes, deleted=draft.deleted, generation=generation)


def _checked_run(
    run_id: NodeId, project: str | None, attributes: Document, *, deleted: bool, generation: int | None
) -> Run:
    if deleted:
        raise RunGone(f"{run_id} was deleted")
    run = Run.of(run_id, project, attributes)
    if generation is not None and generation != run.generation:
        raise RunReplaced(f"{run_id} is of generation {run.generation}, not {generation}")
    return run
