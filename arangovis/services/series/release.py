"""What becomes of rows when their run is deleted or replaced."""

from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.services.series.chunk_log import plan_work
from arangovis.stores.transaction import Transaction


def delete_series_data(transaction: Transaction, run_id: NodeId) -> None:
    """Delete what a run logged to series, inside the action that deletes or replaces it.

    Nodes leave tombstones; the rows, of no use without their run, are dropped by housekeeping.
    """
    edges = transaction.edges_of(run_id, Direction.DOWNSTREAM, ("generated",))
    for node_id in (edge.id.target for edge in edges if edge.id.target.kind == "series_data"):
        if transaction.find(node_id) is not None:
            transaction.delete(node_id, force=True)
        plan_work(transaction, node_id.key, transaction.now)
