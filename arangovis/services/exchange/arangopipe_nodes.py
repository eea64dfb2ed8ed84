"""Documents of arangopipe as nodes, inside an action."""

from collections.abc import Callable, Mapping
from typing import Any

from arangovis.domain.catalogue import DatasetForm, Signature
from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.graph import Direction, EdgeId
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document, digest_of
from arangovis.domain.runs import Executor, Run, RunState
from arangovis.exchange.arangopipe import incoming
from arangovis.exchange.arangopipe.documents import Encoded, digest_of_text, encoded, encoded_with_files, measured
from arangovis.exchange.arangopipe.graph import Bundle, Held
from arangovis.exchange.arangopipe.names import kind_of
from arangovis.services.catalogue import Catalogue
from arangovis.stores.transaction import Transaction
from arangovis_schema import BUILT_IN

_PARENTS = {
    "models": ("project_models", "_from"),
    "run": ("run_models", "_from"),
    "deployment": ("deployment_model", "_to"),
    "servingperf": ("deployment_servingperf", "_from"),
}
"""The edge, and its end, by which something is in a project; everything else is in the graph's."""
VERSION = "1"


class Place:
    """Where documents of one graph are, inside an action: ids of theirs lead to nodes by reservations."""

    def __init__(self, transaction: Transaction, catalogue: Catalogue, graph: str) -> None:
        self.transaction = transaction
        self.catalogue = catalogue
        self.graph = graph
        self._names = f"arangopipe/{graph}"

    @property
    def home(self) -> str:
        """The project of what is in no other."""
        return self.catalogue.add_project(self.transaction, self.graph, {}).node.key

    def node(self, seed_id: str) -> NodeId | None:
        """Return the node of an id, or None."""
        return self.transaction.reserved(self._names, seed_id)

    def existing(self, seed_id: str) -> NodeId:
        """Return the node of an id.

        Raises:
            NotFound: it was not imported, or is deleted.

        """
        node = self.node(seed_id)
        if node is None or self.transaction.find(node) is None:
            raise NotFound(f"there is no {seed_id}")
        return node

    def put(self, seed_id: str, node: NodeId) -> None:
        """Let an id lead to a node."""
        self.transaction.move_reservation(self._names, seed_id, node)

    def version_of(self, node: NodeId) -> NodeId:
        """Return the version of a model; any other node is itself."""
        if node.kind != "model":
            return node
        draft = self.transaction.get(node)
        return named_id("model_version", draft.project, str(draft.attributes["name"]), VERSION)

    def tagged(self, tag: str, run: NodeId | None = None) -> NodeId | None:
        """Return the run of a deployment tag; given one, it is that from now on."""
        if run is not None:
            self.transaction.move_reservation(f"{self._names} tag", tag, run)
            return run
        return self.transaction.reserved(f"{self._names} tag", tag)


class Writer:
    """Writes the documents of one piece; `notes` says what a person should know."""

    def __init__(self, place: Place, bundle: Bundle) -> None:
        self._place = place
        self._transaction = place.transaction
        self._bundle = bundle
        self.notes: list[str] = []

    def write(self, held: Held) -> NodeId:
        """Write a document as a node."""
        known: Mapping[str, Callable[[Held], NodeId]] = {
            "project": self._project,
            "datasets": self._dataset,
            "featuresets": self._featureset,
            "models": self._model,
            "run": self._run,
            "modelparams": self._params,
            "devperf": self._performance,
            "deployment": self._deployment,
            "servingperf": self._serving,
        }
        node = known.get(held.collection, self._own)(held)
        self._place.put(held.id, node)
        return node

    # --- named things -----------------------------------------------------------------------------------------

    def _project(self, held: Held) -> NodeId:
        name = self._free_name("project", None, held)
        node = self._place.catalogue.add_project(self._transaction, name, {}).node
        self._transaction.update(node, {"name": name, **self._facts(held)})
        return node

    def _dataset(self, held: Held) -> NodeId:
        return self._named("dataset", held, {"form": DatasetForm.EXTERNAL.value})

    def _featureset(self, held: Held) -> NodeId:
        return self._named("featureset", held, incoming.features(held.document))

    def _model(self, held: Held) -> NodeId:
        home = self._home(held)
        name = self._free_name("model", home, held)
        node = named_id("model", home, name)
        self._transaction.create(node, home, {"name": name, **self._facts(held)})
        self._transaction.link(EdgeId("contains", NodeId("project", home), node))
        project = str(self._transaction.get(NodeId("project", home)).attributes["name"])
        self._place.catalogue.add_version(self._transaction, (project, name, VERSION), Signature())
        return node

    def _named(self, kind: str, held: Held, more: Document) -> NodeId:
        home, name = self._place.home, _name(held)
        node = named_id(kind, home, name)
        if self._is_taken(node):
            node = named_id(kind, home, name, f"arangopipe {held.document['_key']}")
            self.notes.append(f"{held.id}: another {kind} is called {name!r} already; both are kept")
        self._transaction.create(node, home, {"name": name, **more, **self._facts(held)})
        self._transaction.link(EdgeId("contains", NodeId("project", home), node))
        return node

    def _free_name(self, kind: str, home: str | None, held: Held) -> str:
        """Return the name, with the key behind it if another thing has the name."""
        name = _name(held)
        if not self._is_taken(named_id(kind, home, name)):
            return name
        self.notes.append(f"{held.id}: another {kind} is called {name!r} already; this one has its key behind the name")
        return f"{name} ({held.document['_key']})"

    def _is_taken(self, node: NodeId) -> bool:
        return bool(self._transaction.find_many((node,)))

    # --- runs -------------------------------------------------------------------------------------------------

    def _run(self, held: Held) -> NodeId:
        document, home = held.document, self._home(held)
        node = self._run_id(held, home)
        told = incoming.run_facts(document)
        params = self._part("modelparams")
        run = Run(
            id=node,
            project=home,
            method=incoming.METHOD,
            state=RunState.SUCCESS,
            executor=Executor.EXTERNAL,
            run_key=digest_of([self._place.graph, held.id]),
            params={} if params is None else self._values(params).values,
            metrics=measured(_document(self._part("devperf"))),
            started=told.pop("started", None),
            ended=told.pop("ended", None) or self._transaction.now,
            rest={**told, **self._facts(held)},
        )
        self._transaction.create(run.id, run.project, run.document())
        if "deployment_tag" in told:
            self._place.tagged(told["deployment_tag"], node)
        lacking = [name for name in ("modelparams", "devperf") if self._part(name) is None]
        if lacking:
            self.notes.append(f"{held.id}: was logged by half, without {' and '.join(lacking)}")
        return node

    def _run_id(self, held: Held, home: str) -> NodeId:
        try:
            node = NodeId.of("run", str(held.document["_key"]))
        except InvalidInput:
            node = named_id("run", home, f"{self._place.graph}/{held.id}")
        if not self._is_taken(node):
            return node
        self.notes.append(f"{held.id}: another run has this key already; this one has a key of its own")
        return named_id("run", home, f"{self._place.graph}/{held.id}", "imported")

    def _params(self, held: Held) -> NodeId:
        run = self._run_of_piece()
        home = self._place.home if run is None else self._transaction.get(run).project
        values = self._values(held)
        node = named_id("params", home, f"{run or self._place.graph}/{held.id}")
        owner: Document = {} if run is None else {"owner": str(run)}
        facts: Document = {
            "method": incoming.METHOD,
            **owner,
            "values": values.values,
            "digest": digest_of(values.values),
        }
        self._transaction.create(node, home, {**facts, "options": incoming.origin(held.document)})
        if run is not None:
            for name, text in values.files.items():
                self._file(run, home, name, text)
        return node

    def _values(self, held: Held) -> Encoded:
        """Return parameters as attributes; long texts are files if there is a run that made them."""
        is_of_run = any(other.collection == "run" for other in self._bundle.documents)
        return encoded_with_files(held.document) if is_of_run else Encoded(encoded(held.document), {})

    def _file(self, run: NodeId, home: str | None, name: str, text: str) -> None:
        data = text.encode("utf-8", "surrogatepass")
        digest = digest_of_text(text)
        node = named_id("artifact", home, f"{run}/0/{incoming.FILE_ROLE}/{name}", digest)
        facts: Document = {"role": incoming.FILE_ROLE, "name": name, "digest": digest, "bytes": len(data)}
        self._transaction.ensure(node, home, {**facts, "media_type": "text/plain"})
        self._transaction.link(EdgeId("generated", run, node, incoming.FILE_ROLE))

    def _performance(self, held: Held) -> NodeId:
        run = self._run_of_piece()
        home = self._place.home if run is None else self._transaction.get(run).project
        node = named_id("evaluation", home, f"{run or self._place.graph}/{held.id}")
        self._transaction.create(node, home, {"metrics": measured(held.document), **self._facts(held)})
        return node

    # --- deployments ------------------------------------------------------------------------------------------

    def _deployment(self, held: Held) -> NodeId:
        home, tag = self._home(held), str(held.document.get("tag") or held.document["_key"])
        run = self._place.tagged(tag)
        node = named_id("deployment", home, f"{self._place.graph}/{held.id}")
        facts: Document = {"name": tag, "state": "active", "deployment_tag": tag, "since": self._transaction.now}
        about: Document = {} if run is None else {"run": str(run)}
        self._transaction.create(node, home, {**facts, **about, **self._facts(held)})
        if run is not None:
            self._transaction.link(EdgeId("deployed_as", run, node, "run"))
            read = self._transaction.edges_of(run, Direction.UPSTREAM, ("input_to",))
            for dataset in [edge.id.source for edge in read if edge.id.source.kind == "dataset"]:
                self._transaction.link(EdgeId("deployed_as", dataset, node, "dataset"))
        return node

    def _serving(self, held: Held) -> NodeId:
        home = self._home(held)
        node = named_id("serving_performance", home, f"{self._place.graph}/{held.id}")
        parent = self._parent(held)
        about: Document = {} if parent is None else {"deployment": str(parent)}
        self._transaction.create(node, home, {**incoming.serving_facts(held.document), **about, **self._facts(held)})
        return node

    # --- what users added, and what all share -----------------------------------------------------------------

    def _own(self, held: Held) -> NodeId:
        kind, home = kind_of(held.collection), self._place.home
        node = named_id(kind, home, f"{self._place.graph}/{held.id}")
        name = held.document.get("name")
        named: Document = {"name": name} if isinstance(name, str) else {}
        facts = {key: value for key, value in self._facts(held).items() if kind not in BUILT_IN.vertices}
        self._transaction.create(node, home, {**named, **facts})
        return node

    def _facts(self, held: Held) -> dict[str, Any]:
        edges = tuple((edge.collection, edge.document) for edge in self._bundle.edges if held.id in _ends(edge))
        kept = {**encoded(held.document), **incoming.origin(held.document, edges)}
        return {**incoming.facts_of(held.document), "attributes": kept}

    def _home(self, held: Held) -> str:
        parent = self._parent(held)
        project = None if parent is None else self._transaction.get(parent).project
        return project or self._place.home

    def _parent(self, held: Held) -> NodeId | None:
        collection, end = _PARENTS[held.collection]
        for edge in self._bundle.edges:
            if edge.collection == collection and held.id in _ends(edge):
                node = self._place.node(str(edge.document[end]))
                return None if node is None or self._transaction.find(node) is None else node
        return None

    def _part(self, collection: str) -> Held | None:
        return next((held for held in self._bundle.documents if held.collection == collection), None)

    def _run_of_piece(self) -> NodeId | None:
        run = self._part("run")
        return None if run is None else self._place.node(run.id)


def _ends(edge: Held) -> tuple[str, str]:
    return str(edge.document["_from"]), str(edge.document["_to"])


def _name(held: Held) -> str:
    name = held.document.get("name")
    printable = isinstance(name, str) and name.strip() and name.isprintable() and len(name) <= 256
    return str(name) if printable else str(held.document["_key"])


def _document(held: Held | None) -> Mapping[str, Any]:
    return {} if held is None else held.document
