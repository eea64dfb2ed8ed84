"""Data sets and feature sets that are known by what is said of them; their rows are kept elsewhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from arangovis.domain.catalogue import DatasetForm
from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Caller, EdgeId
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import EMPTY, Document
from arangovis.domain.views import items, mapping, text
from arangovis.services.catalogue.names import Registered, check_name, ensure_facts, project_id
from arangovis.stores.base import GraphStore
from arangovis.stores.drafts import Draft
from arangovis.stores.transaction import Transaction


@dataclass(frozen=True, slots=True)
class DescribedDataset:
    """A data set whose rows are elsewhere.

    Args:
        name: what people call it.
        version: which state of it; a new one succeeds the one before.
        digest: SHA-256 of its content, 64 hex digits, if it is known.
        url: where its rows are kept.
        rows: how many there are.
        columns: the type of each column by name.
        facts: description, tags, attributes.

    """

    name: str
    version: str | None = None
    digest: str | None = None
    url: str | None = None
    rows: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    facts: Document = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature, and what made it of the columns."""

    name: str
    dtype: str
    transformation: str | None = None


@dataclass(frozen=True, slots=True)
class ColumnLineage:
    """Which columns of the source one column was made of."""

    to: str
    sources: tuple[str, ...]
    transform: str | None = None

    def document(self) -> Document:
        """Return it as it stands on an edge."""
        named: Document = {} if self.transform is None else {"transform": self.transform}
        return {"to": self.to, "from": list(self.sources), **named}


@dataclass(frozen=True, slots=True)
class Derivation:
    """What something was derived from, how, and column by column as far as it is known."""

    source: NodeId
    transformation: str | None = None
    columns: tuple[ColumnLineage, ...] = ()

    def document(self) -> Document:
        """Return it as the attributes of an edge."""
        given: Document = {
            "transformation": self.transformation,
            "columns": [column.document() for column in self.columns],
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class DescribedFeatureset:
    """A feature set: its features, and the data sets or feature sets that they were made of."""

    name: str
    features: tuple[Feature, ...]
    version: str | None = None
    derived_from: tuple[Derivation, ...] = ()
    facts: Document = field(default_factory=lambda: EMPTY)


class DataCatalogue:
    """Registers data by what is said of it."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def register_dataset(self, project: str, wanted: DescribedDataset, caller: Caller) -> Registered:
        """Register a data set by metadata; the same again is the same node.

        Raises:
            NotFound: there is no such project.
            AlreadyExists: it is there with other content.

        """
        check_name("name", wanted.name)

        def action(transaction: Transaction) -> Registered:
            home = project_id(transaction, project)
            return _write(transaction, home, "dataset", (wanted.name, wanted.version), _dataset_facts(wanted))

        return self._store.transact(action, caller)

    def register_featureset(self, project: str, wanted: DescribedFeatureset, caller: Caller) -> Registered:
        """Register a feature set and what it was derived from, in one action; the same again is the same node.

        Raises:
            InvalidInput: two features have one name, or a derivation names a column that is not there.
            NotFound: the project or sources do not exist; all of them are named.
            AlreadyExists: it is there with other content.

        """
        check_name("name", wanted.name)
        names = [feature.name for feature in wanted.features]
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            raise InvalidInput.of(Fault("features", f"{', '.join(doubled)}: two features have this name"))

        def action(transaction: Transaction) -> Registered:
            home = project_id(transaction, project)
            sources = _sources(transaction, wanted.derived_from)
            _check_columns(wanted, sources)
            facts = _featureset_facts(wanted)
            registered = _write(transaction, home, "featureset", (wanted.name, wanted.version), facts)
            for derivation in wanted.derived_from:
                transaction.link(EdgeId("derived_into", derivation.source, registered.node), derivation.document())
            return registered

        return self._store.transact(action, caller)


def _write(
    transaction: Transaction, home: NodeId, kind: str, called: tuple[str, str | None], facts: Document
) -> Registered:
    name, version = called
    node = named_id(kind, home.key, name, version)
    created = ensure_facts(transaction, node, home.key, facts)
    transaction.link(EdgeId("contains", home, node))
    if created and version is not None:
        _succeed(transaction, f"newest-{kind}", f"{home.key}/{name}", node)
    return Registered(node, created)


def _succeed(transaction: Transaction, namespace: str, name: str, node: NodeId) -> None:
    newest = transaction.reserved(namespace, name)
    if newest is not None and newest != node and transaction.find(newest) is not None:
        transaction.link(EdgeId("succeeded_by", newest, node))
    transaction.move_reservation(namespace, name, node)


def _dataset_facts(wanted: DescribedDataset) -> Document:
    given: Document = {
        "version": wanted.version,
        "digest": wanted.digest,
        "url": wanted.url,
        "rows": wanted.rows,
        "columns": dict(wanted.columns) or None,
    }
    told = {name: value for name, value in given.items() if value is not None}
    return {**wanted.facts, "name": wanted.name, "form": DatasetForm.EXTERNAL.value, **told}


def _featureset_facts(wanted: DescribedFeatureset) -> Document:
    version: Document = {} if wanted.version is None else {"version": wanted.version}
    return {
        **wanted.facts,
        **version,
        "name": wanted.name,
        "features": [_feature_document(feature) for feature in wanted.features],
        "feature_names": [feature.name for feature in wanted.features],
    }


def _feature_document(feature: Feature) -> Document:
    made: Document = {} if feature.transformation is None else {"transformation": feature.transformation}
    return {"name": feature.name, "dtype": feature.dtype, **made}


def _sources(transaction: Transaction, derivations: Iterable[Derivation]) -> Mapping[NodeId, Draft]:
    wanted = [derivation.source for derivation in derivations]
    transaction.expect(nodes=wanted)
    found = transaction.find_many(wanted)
    missing = [str(node) for node in wanted if node not in found or found[node].deleted]
    if missing:
        raise NotFound(f"there is no {', '.join(dict.fromkeys(missing))}")
    return found


def _check_columns(wanted: DescribedFeatureset, sources: Mapping[NodeId, Draft]) -> None:
    """Refuse lineage of columns that are not there; where a source tells no columns, anything goes."""
    features = {feature.name for feature in wanted.features}
    faults = []
    for place, derivation in enumerate(wanted.derived_from):
        known = column_names(sources[derivation.source].attributes)
        for number, column in enumerate(derivation.columns):
            field_name = f"derived_from.{place}.columns.{number}"
            if column.to not in features:
                faults.append(Fault(f"{field_name}.to", f"{column.to!r} is no feature of {wanted.name!r}"))
            strange = [name for name in column.sources if known and name not in known]
            faults += [Fault(f"{field_name}.from", f"{name!r} is no column of {derivation.source}") for name in strange]
    if faults:
        raise InvalidInput.of(*faults)


def column_names(attributes: Document) -> frozenset[str]:
    """Return the columns of a data set or the features of a feature set; empty if it does not tell."""
    features = items(attributes, "features")
    if features:
        return frozenset(text(feature, "name") for feature in features if isinstance(feature, Mapping))
    return frozenset(mapping(attributes, "columns"))
