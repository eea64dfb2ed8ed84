"""Questions of stewards and about trials, each one call; `docs/reference/questions.md` lists them."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from arangovis.client.asking import Asking, segment
from arangovis.client.values import AnyTime, microseconds, node_id
from arangovis.domain.ids import NodeId
from arangovis.services.lineage.columns import ColumnTrace
from arangovis.services.rows.points import PointOrigin
from arangovis.services.rows.previews import RowPreviews, RowTexts
from arangovis.services.rows.questions import RowIndexed, RowLineage
from arangovis.services.stewardship.audit import AuditTrail
from arangovis.services.stewardship.deletion import DeletePlan
from arangovis.services.stewardship.environments import Environments, PackageSweep
from arangovis.services.stewardship.retention import RetentionPage
from arangovis.services.stewardship.verifying import ByteReport

AnyNode: TypeAlias = NodeId | str


class Stewarding(Asking):
    """Rows, columns, who did what, what may go, whether bytes are sound, which software ran."""

    def row_holders(
        self, dataset: AnyNode, row: str, *, at: AnyTime | None = None, files: int | None = None
    ) -> RowLineage:
        """Return everything that holds a row of a data set: samples, runs, plots, results, scores.

        Args:
            dataset: a table, a stream or a snapshot.
            row: the row's id; of a parsed file its number, from 0.
            at: as of this time.
            files: files that are opened at most.

        Raises:
            NotFound: there is no such data set, or no such row in it.

        """
        return self._ask(RowLineage, "GET", f"/rows/{node_id(dataset)}", row=row, at=microseconds(at), files=files)

    def index_rows(self, dataset: AnyNode) -> RowIndexed:
        """Make the filters that the segments and samples of a data set lack, so that rows are found quickly."""
        return self._ask(RowIndexed, "POST", f"/rows/{node_id(dataset)}/index")

    def point_origin(self, node: AnyNode, point: int, *, at: AnyTime | None = None) -> PointOrigin:
        """Return which row a point of a plot is, or a row of a result, a sample or a data set; from 0."""
        return self._ask(PointOrigin, "GET", f"/points/{node_id(node)}", point=point, at=microseconds(at))

    def row_previews(self, dataset: AnyNode) -> RowPreviews:
        """Return what the rows of a data set have for people to look at: which field is a picture, which are texts."""
        return self._ask(RowPreviews, "GET", f"/rows/{node_id(dataset)}/previews")

    def row_image(self, dataset: AnyNode, row: str | None = None, *, position: int | None = None) -> bytes:
        """Return the picture of a row, a PNG file or the file that it holds; of a row by its id or its number from 0.

        Raises:
            NotFound: there is no such data set or row, or it has no picture.
            InvalidInput: not one of the two is given, or the number is beyond the last row.

        """
        return self._ask_bytes(f"/rows/{node_id(dataset)}/image", row=row, position=position)

    def row_texts(self, dataset: AnyNode, row: str | None = None, *, position: int | None = None) -> RowTexts:
        """Return the texts of a row, by column; of a row by its id or its number from 0."""
        return self._ask(RowTexts, "GET", f"/rows/{node_id(dataset)}/texts", row=row, position=position)

    def column_lineage(
        self,
        node: AnyNode,
        column: str | None = None,
        *,
        direction: str = "upstream",
        at: AnyTime | None = None,
        limit: int | None = None,
    ) -> ColumnTrace:
        """Return which columns a column was made of, or `downstream` what was made of it.

        What nobody recorded is `unknown`. Without `column`, all columns that the node is known to have.
        """
        query: dict[str, Any] = {"column": column, "direction": direction, "at": microseconds(at), "limit": limit}
        return self._ask(ColumnTrace, "GET", f"/columns/{node_id(node)}", **query)

    def audit(self, node: AnyNode, *, at: AnyTime | None = None, limit: int | None = None) -> AuditTrail:
        """Return every change of a node and its edges, and what was done with it, newest first; `at`: until then."""
        return self._ask(AuditTrail, "GET", f"/audit/{node_id(node)}", at=microseconds(at), limit=limit)

    def delete_plan(self, node: AnyNode, *, limit: int | None = None) -> DeletePlan:
        """Return what deleting a node would break, what would stay, and which bytes could go."""
        return self._ask(DeletePlan, "GET", f"/delete-plan/{node_id(node)}", limit=limit)

    def retention(
        self,
        *,
        project: str | None = None,
        older_than_days: float | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> RetentionPage:
        """Return a page of files and data sets without consumers that nothing keeps, with their bytes."""
        query: dict[str, Any] = {
            "project": project,
            "older_than_days": older_than_days,
            "limit": limit,
            "cursor": cursor,
        }
        return self._ask(RetentionPage, "GET", "/retention", **query)

    def verify_bytes(
        self,
        node: AnyNode,
        *,
        upstream: bool = True,
        budget_bytes: int | None = None,
        record: bool = False,
    ) -> ByteReport:
        """Say whether the bytes of a node, and of everything upstream, are what their digests say.

        Args:
            node: the node.
            upstream: whether everything upstream is verified too.
            budget_bytes: more than that is left to a worker: then `run` is pending, and its report an artifact.
            record: whether a small report is stored as a run's product too.

        """
        body = {"upstream": upstream, "budget_bytes": budget_bytes, "record": record}
        return self._ask(ByteReport, "POST", f"/verify/{node_id(node)}", body)

    def environments(
        self, node: AnyNode, *, package: str | None = None, at: AnyTime | None = None, limit: int | None = None
    ) -> Environments:
        """Return the packages and versions of all runs upstream of a node; with `package`, of that one only."""
        query: dict[str, Any] = {"package": package, "at": microseconds(at), "limit": limit}
        return self._ask(Environments, "GET", f"/environments/{node_id(node)}", **query)

    def package_uses(
        self,
        package: str,
        *,
        versions: str | None = None,
        kinds: Sequence[str] = (),
        at: AnyTime | None = None,
        limit: int | None = None,
    ) -> PackageSweep:
        """Return the runs that used a package in a range of versions such as `>=1.2,<2`, and what came of them."""
        query: dict[str, Any] = {
            "versions": versions,
            "kinds": tuple(kinds) or None,
            "at": microseconds(at),
            "limit": limit,
        }
        return self._ask(PackageSweep, "GET", f"/packages/{segment(package)}/uses", **query)
