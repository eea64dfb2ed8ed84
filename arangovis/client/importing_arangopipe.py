"""Graphs of arangopipe in and out of the client's service; `arangovis import` and `export` say the same."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arangovis.client.asking import Asking
from arangovis.exchange.arangopipe.files import read_graph, write_graph
from arangovis.exchange.arangopipe.graph import Bundle, Held, SeedGraph
from arangovis.exchange.arangopipe.names import GRAPH_NAME, own_kind
from arangovis.services.exchange.arangopipe import BUNDLES_MAX, ArangopipeTaken, BundleReport

_BYTES_MAX = 4 << 20
"""Bytes of one request, about; a piece that is larger travels alone."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ArangopipeImported:
    """What an import did: documents read, nodes and links that are new, documents known before, and problems."""

    read: int
    nodes: int
    links: int
    known: int
    problems: tuple[str, ...]


class ArangopipeExchange(Asking):
    """Reads and writes exported graphs of arangopipe."""

    def import_arangopipe(
        self,
        source: str | Path,
        *,
        graph: str = GRAPH_NAME,
        dry_run: bool = False,
        progress: Progress = lambda _done, _total: None,
    ) -> ArangopipeImported:
        """Take in a graph that arangodump or arangoexport wrote, or a file of JSON lines; again, only what is new.

        Args:
            source: the folder or the file, on this machine.
            graph: what the graph is called here: the project of data sets and feature sets.
            dry_run: only read.
            progress: told how many of how many documents are done.

        Raises:
            NoData: nothing in it is a document of arangopipe.
            InvalidContent: a file cannot be read; it and the line are named.

        """
        found = read_graph(Path(source), name=graph)
        bundles = list(found.bundles())
        read = sum(len(bundle.documents) for bundle in bundles)
        if dry_run:
            return ArangopipeImported(read, 0, 0, 0, ())
        self._declare(found)
        done = 0
        reports: list[BundleReport] = []
        for batch in _batches(bundles):
            body = {"graph": graph, "bundles": [_document(bundle) for bundle in batch]}
            reports += self._ask(ArangopipeTaken, "POST", "/imports/arangopipe", body).bundles
            done += sum(len(bundle.documents) for bundle in batch)
            progress(done, read)
        return ArangopipeImported(
            read,
            sum(report.nodes for report in reports),
            sum(report.links for report in reports),
            sum(report.known for report in reports),
            tuple(text for report in reports for text in report.problems),
        )

    def export_arangopipe(self, directory: str | Path, *, graph: str = GRAPH_NAME) -> int:
        """Write all projects, data, models, runs and deployments as arangopipe keeps them; return how many documents.

        What was imported comes out as it went in. The folder has a file of JSON lines a collection, as
        `arangoimport` takes them.

        Args:
            directory: a new or empty folder.
            graph: what the graph is called here; the project of this name is none of theirs and left out.

        Raises:
            InvalidInput: the folder has something in it.

        """
        from arangovis.client.exporting_arangopipe import collected

        return write_graph(collected(self, graph), Path(directory))  # type: ignore[arg-type]  # the client is one of these

    def _declare(self, graph: SeedGraph) -> None:
        known = {(kind["of"], kind["name"]) for kind in self._ask_document("GET", "/kinds")["items"]}
        for of, names in (("vertex", graph.own_vertices), ("edge", graph.own_edges)):
            for name in names:
                kind = own_kind(name)
                ends = {"sources": ["*"], "targets": ["*"]} if of == "edge" else {}
                if (of, kind) not in known:
                    body = {"name": kind, "of": of, "description": f"{name}, a collection of arangopipe's.", **ends}
                    self._ask_document("POST", "/kinds", body)


def _batches(bundles: list[Bundle]) -> Iterator[list[Bundle]]:
    batch: list[Bundle] = []
    size = 0
    for bundle in bundles:
        weight = len(json.dumps(_document(bundle)))
        if batch and (size + weight > _BYTES_MAX or len(batch) >= BUNDLES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(bundle)
        size += weight
    if batch:
        yield batch


def _document(bundle: Bundle) -> Mapping[str, Any]:
    return {
        "documents": [_held(held) for held in bundle.documents],
        "edges": [_held(held) for held in bundle.edges],
        "links": [list(pair) for pair in bundle.links],
    }


def _held(held: Held) -> Mapping[str, Any]:
    return {"collection": held.collection, "document": dict(held.document)}
