"""Searching: over several kinds at once, with facets; saved searches and views; content; failed and best runs."""

from collections.abc import Iterator, Sequence
from typing import Any

from arangovis.client.asking import Asking, segment
from arangovis.client.values import AnyTime, microseconds, node_id
from arangovis.domain.errors import NotFound
from arangovis.domain.facets import Facet
from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.domain.views import scalars
from arangovis.services.searching.content import ContentUses
from arangovis.services.searching.failures import FailedRuns
from arangovis.services.searching.saved import SavedSearch
from arangovis.services.searching.saved_views import SavedView
from arangovis.services.searching.searches import SearchableNames, SearchResult

Kinds = str | Sequence[str]


class Searching(Asking):
    """Searches. `kinds` is one kind or several; none means all. `where` is a text of the filter language."""

    def search(
        self,
        kinds: Kinds = (),
        where: str = "",
        *,
        text: str = "",
        order: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
        **options: Any,
    ) -> SearchResult:
        """Return a page of nodes, newest first unless in another order.

        Args:
            kinds: such as `run` or `["run", "artifact"]`; none means all.
            where: such as `params.n_neighbours >= 15 and tags = "risk"`.
            text: words to find anywhere in a node; `mod*` is any word that begins so.
            order: a searchable name, with `asc` or `desc` behind it.
            limit: nodes on a page.
            cursor: `next_cursor` of the page before.
            options: `project` (a name), `at` (as of this time), `facets` (names whose values are counted),
                `facet_limit`, `others` (count a facet without the conditions on its own name), `count`.

        Raises:
            InvalidFilter: the filter or the text cannot be read.
            InvalidInput: a kind, the order, the facets, the cursor or the limit is not valid.
            NotFound: there is no such project.

        """
        asked = {"filter": where, "text": text, "order": order, "limit": limit, "cursor": cursor}
        given = {"at": microseconds(options.pop("at", None)), "facets": list(options.pop("facets", ()))}
        body = {**asked, "kinds": _listed(kinds), **given, **options}
        return self._ask(SearchResult, "POST", "/search", body)

    def search_all(self, kinds: Kinds = (), where: str = "", **options: Any) -> Iterator[Node]:
        """Yield every node that a search finds; a page is asked for when it is come to."""
        cursor: str | None = None
        while True:
            page = self.search(kinds, where, **options, cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def facets(
        self, kinds: Kinds, names: Sequence[str], where: str = "", *, others: bool = False, **options: Any
    ) -> dict[str, Facet]:
        """Return how often each value of some names occurs among what a search finds.

        Args:
            kinds: as `search`.
            names: such as `["method", "state", "tags"]`.
            where: as `search`.
            others: count each without the conditions on its own name.
            options: as `search`.

        """
        found = self.search(kinds, where, facets=names, others=others, limit=0, **options)
        return {facet.name: facet for facet in found.facets}

    def searchable(self, kind: str) -> SearchableNames:
        """Return the names that nodes of a kind are searched by, with their types and how often they occur."""
        return self._ask(SearchableNames, "GET", "/search/names", kind=kind)

    def best_run(self, metric: str, where: str = "", *, lowest: bool = False, **options: Any) -> Node:
        """Return the run with the greatest value of a metric, or the lowest.

        Args:
            metric: its name, such as `accuracy`.
            where: only runs that meet this.
            lowest: whether less is better.
            options: as `search`.

        Raises:
            NotFound: no such run has this metric.

        """
        order = f"metrics.{metric} {'asc' if lowest else 'desc'}"
        for run in self.search("run", where, order=order, limit=1, **options).items:
            if scalars(run.attributes, "metrics").get(metric) is not None:
                return run
        raise NotFound(f"no such run has the metric {metric!r}")

    def content_uses(self, sha256: str, *, at: AnyTime | None = None) -> ContentUses:
        """Return what has exactly this content, whatever its name, and the runs that made and read it."""
        return self._ask(ContentUses, "GET", f"/content/{segment(sha256) or '-'}", at=microseconds(at))

    def failures(self, node: NodeId | str, *, limit: int | None = None, at: AnyTime | None = None) -> FailedRuns:
        """Return the runs that read a node and failed, with the code that ran, and whether a retry succeeded."""
        return self._ask(FailedRuns, "GET", f"/failures/{node_id(node)}", limit=limit, at=microseconds(at))

    # --- saved searches ---------------------------------------------------------------------------------------

    def save_search(
        self,
        name: str,
        kinds: Kinds = (),
        where: str = "",
        *,
        project: str,
        description: str | None = None,
        **options: Any,
    ) -> NodeId:
        """Save a search under a name, or a new version of the one of this name.

        Args:
            name: unique in its project.
            kinds: as `search`.
            where: as `search`.
            project: the name of a project.
            description: what it is for.
            options: `text`, `order`, `facets`, `facet_limit`, `others`, `count`, `limit`.

        """
        said = {"name": name, "project": project, "description": description, "filter": where, "kinds": _listed(kinds)}
        return NodeId.parse(self._ask_document("POST", "/saved-searches", {**said, **options})["node"])

    def saved_searches(self, project: str) -> list[SavedSearch]:
        """Return the saved searches of a project, by name."""
        return list(self._ask_pages(SavedSearch, "/saved-searches", project=project))

    def saved_search(self, name: str, *, project: str) -> SavedSearch:
        """Return a saved search as it stands."""
        return self._ask(SavedSearch, "GET", _path(name), project=project)

    def saved_search_history(self, name: str, *, project: str) -> list[SavedSearch]:
        """Return every version of a saved search, oldest first."""
        return list(self._ask_pages(SavedSearch, f"{_path(name)}/history", project=project))

    def run_saved_search(
        self,
        name: str,
        *,
        project: str,
        limit: int | None = None,
        cursor: str | None = None,
        at: AnyTime | None = None,
    ) -> SearchResult:
        """Return a page of what a saved search finds; `limit` in the place of its own."""
        given = {"project": project, "limit": limit, "cursor": cursor, "at": microseconds(at)}
        return self._ask(SearchResult, "GET", f"{_path(name)}/run", None, **given)

    def delete_saved_search(self, name: str, *, project: str) -> None:
        """Delete a saved search; its versions are kept."""
        self._ask_document("DELETE", _path(name), None, project=project)

    # --- saved views ------------------------------------------------------------------------------------------

    def save_view(
        self, name: str, address: str, *, project: str | None = None, description: str | None = None
    ) -> NodeId:
        """Save a view of the page under a name, or a new version of the one of this name.

        Args:
            name: unique in its project, or among the views that are shared.
            address: the view and its query as they stand behind `/ui/`, such as `live?run=run/1`.
            project: the name of a project; without it, everybody has the view.
            description: what it shows.

        """
        said = {"name": name, "address": address, "project": project, "description": description}
        return NodeId.parse(self._ask_document("POST", "/saved-views", said)["node"])

    def saved_views(self, project: str | None = None, *, view: str | None = None) -> Iterator[SavedView]:
        """Yield the saved views of a project or all, by name; `view` is one view of the page, such as `live`."""
        return self._ask_pages(SavedView, "/saved-views", project=project, view=view)

    def saved_view(self, node: NodeId | str) -> SavedView:
        """Return a saved view as it stands."""
        return self._ask(SavedView, "GET", _view_path(node))

    def change_view(
        self, node: NodeId | str, *, name: str | None = None, address: str | None = None, description: str | None = None
    ) -> SavedView:
        """Give a saved view another name, address or description; links to it go on working.

        Raises:
            AlreadyExists: its project has another view of this name.

        """
        said = {"name": name, "address": address, "description": description}
        return self._ask(SavedView, "PATCH", _view_path(node), said)

    def delete_view(self, node: NodeId | str) -> None:
        """Delete a saved view; its versions are kept."""
        self._ask_document("DELETE", _view_path(node))


def _listed(kinds: Kinds) -> list[str]:
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _path(name: str) -> str:
    return f"/saved-searches/{segment(name) or '-'}"


def _view_path(node: NodeId | str) -> str:
    return f"/saved-views/{segment(node_id(node).key)}"
