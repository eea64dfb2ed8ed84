"""FOR over arrays, ranges, subqueries and collections (page "FOR").

A collection is read by an index where the FILTERs behind the loop compare attributes with values that are known before
it, and in the order of an index where a SORT asks for one; otherwise it is scanned, in an order that means nothing. The
FILTERs are evaluated all the same.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, combinations, groupby, islice
from typing import Any

from tests.arango_simulator.aql import nodes
from tests.arango_simulator.aql.analysis import conjuncts, following_filters, is_settled, path_of, sides
from tests.arango_simulator.aql.expressions import Evaluate, compile_collection, compile_value, is_collection
from tests.arango_simulator.aql.failures import ARRAY_EXPECTED, failure
from tests.arango_simulator.aql.run import Frame, Run
from tests.arango_simulator.aql.scope import Scope
from tests.arango_simulator.aql.settings import checked_options
from tests.arango_simulator.aql.values import number, sort_key, type_name, unique
from tests.arango_simulator.indexes import value_at
from tests.arango_simulator.world import AttributePath, Document, Ranges

Stage = Callable[[Run, Iterable[Frame]], Iterable[Frame]]
Values = dict[AttributePath, Evaluate]
Bounds = dict[AttributePath, list[tuple[bool, Evaluate]]]
"""For each attribute what it is not below (True) or not above (False)."""

MIXED_DOCUMENTS = 64
"""So many documents of a scan are shuffled at a time; a LIMIT behind it reads no more of them than it must."""
_BY_INDEX = frozenset(("==", "IN", "<", "<=", ">", ">="))
_OPTIONS = frozenset(
    ("indexHint", "forceIndexHint", "disableIndex", "maxProjections", "useCache", "lookahead", "waitForSync")
)


def compile_for(statement: nodes.For, scope: Scope, following: Sequence[nodes.Statement]) -> Stage:
    """Return the stage of a FOR."""
    if is_collection(statement.source, scope):
        return _over_collection(statement, scope, following)
    items = _range(statement.source, scope) or _items(statement.source, scope)
    scope.looped = True
    slot = scope.declare(statement.variable)

    def stage(run: Run, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            for item in items(run, frame):
                run.step()
                row = frame.copy()
                row[slot] = item
                yield row

    return stage


def _items(source: nodes.Expression, scope: Scope) -> Callable[[Run, Frame], Iterable[Any]]:
    evaluate = compile_value(source, scope)

    def items(run: Run, frame: Frame) -> Iterable[Any]:
        value = evaluate(run, frame)
        if isinstance(value, list):
            return value
        kind = type_name(value)
        text = "collection or array expected as operand to FOR loop; you provided a value of type"
        raise failure(ARRAY_EXPECTED, f"{text} '{kind}'")

    return items


def _range(source: nodes.Expression, scope: Scope) -> Callable[[Run, Frame], Iterable[Any]] | None:
    """A range is counted, not held."""
    if not isinstance(source, nodes.Range):
        return None
    low, high = compile_value(source.low, scope), compile_value(source.high, scope)

    def items(run: Run, frame: Frame) -> Iterable[Any]:
        first, last = int(number(low(run, frame))), int(number(high(run, frame)))
        return range(first, last + 1) if first <= last else range(first, last - 1, -1)

    return items


# --- collections ------------------------------------------------------------------------------------------------------


def _over_collection(statement: nodes.For, scope: Scope, following: Sequence[nodes.Statement]) -> Stage:
    collection = compile_collection(statement.source, scope)
    scope.touch("read", statement.source)
    checked_options(statement.options, scope, _OPTIONS)
    equal, members, bounds = _known(statement.variable, scope, following)
    order = None if scope.looped else _order(statement.variable, following)
    scope.looped = True
    slot = scope.declare(statement.variable)

    def stage(run: Run, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            ranges = {path: [(low, value(run, frame)) for low, value in known] for path, known in bounds.items()}
            known = {path: value(run, frame) for path, value in equal.items()}
            reader = _Reader(run, collection(run), known, ranges)
            for document in reader.documents({path: value(run, frame) for path, value in members.items()}, order):
                run.step()
                row = frame.copy()
                row[slot] = document
                yield row

    return stage


def _known(variable: str, scope: Scope, following: Sequence[nodes.Statement]) -> tuple[Values, Values, Bounds]:
    """Return what FILTERs compare by `==`, by IN, and by order, with values known before the loop."""
    equal: Values = {}
    members: Values = {}
    bounds: Bounds = {}
    for statement in following_filters(following, (nodes.Let, nodes.Sort, nodes.For)):
        for condition in conjuncts(statement.condition):
            if not isinstance(condition, nodes.Binary) or condition.operator.upper() not in _BY_INDEX:
                continue
            for operator, left, right in sides(condition):
                path = path_of(left, variable)
                if path is None or not is_settled(right, scope):
                    continue
                if operator[0] in "<>":
                    bounds.setdefault(path, []).append((operator[0] == ">", compile_value(right, scope)))
                else:
                    (equal if operator == "==" else members).setdefault(path, compile_value(right, scope))
    return equal, members, bounds


class _Order:
    """A SORT that an index may serve: its statement, paths and direction, and whether few rows are wanted."""

    def __init__(self, statement: nodes.Sort, paths: list[AttributePath], *, limited: bool) -> None:
        self.plan = id(statement)
        self.paths = paths
        self.descending = statement.keys[0][1]
        self.limited = limited


def _order(variable: str, following: Sequence[nodes.Statement]) -> _Order | None:
    """Return the SORT behind a loop if only FILTERs and LETs are between, and it is by attributes in one direction."""
    passed = 0
    while passed < len(following) and isinstance(following[passed], nodes.Filter | nodes.Let):
        passed += 1
    sort = following[passed] if passed < len(following) else None
    if not isinstance(sort, nodes.Sort):
        return None
    paths = [path_of(key, variable) for key, _ in sort.keys]
    if None in paths or len({descending for _, descending in sort.keys}) > 1:
        return None
    limited = passed + 1 < len(following) and isinstance(following[passed + 1], nodes.Limit)
    return _Order(sort, [path for path in paths if path is not None], limited=limited)


class _Reader:
    """Reads the documents of a collection in the way that reads fewest."""

    def __init__(self, run: Run, collection: str, equal: dict[AttributePath, Any], ranges: Ranges) -> None:
        self._run = run
        self._world = run.world
        self._collection = collection
        self._equal = equal
        self._ranges = ranges

    def documents(self, members: dict[AttributePath, Any], order: _Order | None) -> Iterable[Document]:
        if order is not None:
            found = self._ordered(order) if order.limited or not (self._equal or members) else None
            self._run.plans[order.plan] = found is not None
            if found is not None:
                return self._counted(self._ties_mixed(found, order.paths), "scannedIndex")
        found = self._by_index(members)
        if found is not None:
            return self._counted(self._mixed(found), "scannedIndex")
        return self._counted(self._mixed(self._world.scan(self._collection)), "scannedFull")

    def _ordered(self, order: _Order) -> Iterator[Document] | None:
        """Try the index on all known attributes and the order, then on fewer."""
        for size in range(len(self._equal), -1, -1):
            for some in combinations(self._equal.items(), size):
                found = self._world.ordered(
                    self._collection, dict(some), order.paths, descending=order.descending, ranges=self._ranges
                )
                if found is not None:
                    return found
        return None

    def _by_index(self, members: dict[AttributePath, Any]) -> Iterator[Document] | None:
        known = self._equal or (self._ranges and not members)
        found = self._world.lookup(self._collection, self._equal, self._ranges) if known else None
        if found is not None:
            return found
        for path, values in members.items():
            found = self._by_member(path, values)
            if found is not None:
                return found
        return None

    def _by_member(self, path: AttributePath, values: Any) -> Iterator[Document] | None:
        if not isinstance(values, list) or not values:
            return iter(())
        found = [self._world.lookup(self._collection, {**self._equal, path: value}) for value in unique(values)]
        if any(part is None for part in found):
            return None
        return self._once(chain.from_iterable(part for part in found if part is not None))

    @staticmethod
    def _once(documents: Iterable[Document]) -> Iterator[Document]:
        """A document may be found under several values, as what is looked up may be more than what matches."""
        seen: set[str] = set()
        for document in documents:
            if document["_key"] not in seen:
                seen.add(document["_key"])
                yield document

    def _mixed(self, documents: Iterable[Document]) -> Iterator[Document]:
        iterator = iter(documents)
        while some := list(islice(iterator, MIXED_DOCUMENTS)):
            self._run.random.shuffle(some)
            yield from some

    def _ties_mixed(self, documents: Iterable[Document], paths: Sequence[AttributePath]) -> Iterator[Document]:
        """Yield documents in their order, but those that are equal in it in none."""
        for _, ties in groupby(documents, lambda document: [sort_key(value_at(document, path)) for path in paths]):
            yield from self._mixed(ties)

    def _counted(self, documents: Iterable[Document], name: str) -> Iterator[Document]:
        counts = self._run.counts
        for document in documents:
            counts[name] += 1
            yield document
