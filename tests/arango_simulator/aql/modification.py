"""INSERT, UPDATE, REPLACE, REMOVE and UPSERT (pages of the same names).

All rows are read, and all expressions evaluated, before the first write; only UPSERT looks, row by row, for what the
rows before it have written.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.arango_simulator.aql import nodes
from tests.arango_simulator.aql.analysis import is_constant
from tests.arango_simulator.aql.expressions import Evaluate, compile_collection, compile_value
from tests.arango_simulator.aql.failures import PARSE, ArangoError, failure
from tests.arango_simulator.aql.run import Frame, Run
from tests.arango_simulator.aql.scope import Scope
from tests.arango_simulator.aql.settings import checked_options
from tests.arango_simulator.aql.values import equal, truth
from tests.arango_simulator.aql.words import words
from tests.arango_simulator.errors import error
from tests.arango_simulator.world import AttributePath, Document

Stage = Callable[[Run, Iterable[Frame]], Iterable[Frame]]
Settings = Mapping[str, Any]
Outcome = tuple[Document | None, Document | None]
"""OLD and NEW."""

Values = dict[AttributePath, Any]

KEY_MISSING = 1226
TYPE_INVALID = 1227
_OPTIONS = words(
    "exclusive forceIndexHint ignoreErrors ignoreRevs indexHint keepNull mergeObjects overwrite overwriteMode "
    "readOwnWrites refillIndexCaches versionAttribute waitForSync"
)
_MODES = {"ignore": "ignore", "replace": "replace", "update": "update", "conflict": None}


def compile_modification(statement: nodes.Modification, scope: Scope) -> Stage:
    """Return the stage of a modification; OLD and NEW are declared as far as it has them."""
    options = checked_options(statement.options, scope, _OPTIONS)
    collection = compile_collection(statement.collection, scope)
    write = _COMPILERS[type(statement)](statement, scope)
    scope.touch("write", statement.collection)
    old, new = _pseudo_slots(statement, scope)

    def stage(run: Run, frames: Iterable[Frame]) -> list[Frame]:
        writer = _Writer(run, collection(run), options(run))
        done = []
        for frame, prepared in write(writer, frames):
            outcome = writer.attempt(prepared)
            if outcome is None:
                continue
            for slot, document in zip((old, new), outcome, strict=True):
                if slot is not None:
                    frame[slot] = document
            done.append(frame)
        return done

    return stage


def _pseudo_slots(statement: nodes.Modification, scope: Scope) -> tuple[int | None, int | None]:
    has_old = not isinstance(statement, nodes.Insert) or _overwrites(statement)
    has_new = not isinstance(statement, nodes.Remove)
    return (scope.set_pseudo("OLD") if has_old else None), (scope.set_pseudo("NEW") if has_new else None)


def _overwrites(statement: nodes.Insert) -> bool:
    """Whether an INSERT has an OLD: with `overwriteMode` replace or update; options by a bind value may have one."""
    if not isinstance(statement.options, nodes.Object):
        return statement.options is not None
    given = {key.value: value for key, value in statement.options.entries if isinstance(key, nodes.Literal)}
    mode = given.get("overwriteMode")
    if mode is None:
        return "overwrite" in given
    return not isinstance(mode, nodes.Literal) or mode.value in ("replace", "update")


class _Writer:
    """Writes to one collection with the options of one modification."""

    def __init__(self, run: Run, collection: str, options: Settings) -> None:
        self.run = run
        self.collection = collection
        self._world = run.world
        self._ignore_errors = truth(options.get("ignoreErrors", False))
        self._ignore_revs = truth(options.get("ignoreRevs", True))
        self._keep_null = truth(options.get("keepNull", True))
        self._merge_objects = truth(options.get("mergeObjects", True))
        self._mode = _mode(options)

    def attempt(self, write: Callable[[], Outcome]) -> Outcome | None:
        """Write; None if that fails and errors are ignored."""
        self.run.step()
        try:
            outcome = write()
        except ArangoError:
            if not self._ignore_errors:
                raise
            self.run.counts["writesIgnored"] += 1
            return None
        ignored = outcome[1] is None and self._mode == "ignore"
        self.run.counts["writesIgnored" if ignored else "writesExecuted"] += 1
        return outcome

    def insert(self, document: Any) -> Outcome:
        old, new = self._world.insert(
            self.collection,
            as_object(document),
            overwrite=self._mode,
            keep_null=self._keep_null,
            merge_objects=self._merge_objects,
        )
        return (None, None) if self._mode == "ignore" and old is not None else (old, new)

    def change(self, key: Any, patch: Any, rev_of: Any, *, replace: bool) -> Outcome:
        name, body, rev = key_of(key), as_object(patch), self._rev(rev_of)
        if replace:
            return self._world.replace(self.collection, name, body, rev=rev)
        return self._world.update(
            self.collection, name, body, rev=rev, keep_null=self._keep_null, merge_objects=self._merge_objects
        )

    def remove(self, key: Any) -> Outcome:
        return self._world.remove(self.collection, key_of(key), rev=self._rev(key)), None

    def _rev(self, document: Any) -> str | None:
        if self._ignore_revs or not isinstance(document, dict):
            return None
        return document.get("_rev")

    def candidates(self, example: dict[str, Any] | None) -> Iterable[Document]:
        """Return the documents among which an UPSERT looks."""
        looked_up: Values | None = {(name,): value for name, value in example.items()} if example else None
        found = self._world.lookup(self.collection, looked_up) if looked_up else None
        return self._world.scan(self.collection) if found is None else found


def _mode(options: Settings) -> str | None:
    mode = options.get("overwriteMode")
    if mode is None:
        return "replace" if truth(options.get("overwrite", False)) else None
    if mode not in _MODES:
        raise failure(PARSE, f"unknown overwriteMode {mode!r}")
    return _MODES[mode]


def as_object(value: Any) -> Document:
    """Return a document; 1227 for what is no object."""
    if not isinstance(value, dict):
        raise error(TYPE_INVALID)
    return value


def key_of(value: Any) -> str:
    """Return the key of a document or a key itself; 1226 if there is none, 1227 for another type."""
    if isinstance(value, str):
        return value
    key = as_object(value).get("_key")
    if not isinstance(key, str):
        raise error(KEY_MISSING)
    return key


# The five operations: each gives, for a writer and rows, the rows with what is to be done.


Prepared = Iterable[tuple[Frame, Callable[[], Outcome]]]
Write = Callable[[_Writer, Iterable[Frame]], Prepared]


def _insert(statement: nodes.Insert, scope: Scope) -> Write:
    document = compile_value(statement.document, scope)

    def write(writer: _Writer, frames: Iterable[Frame]) -> Prepared:
        rows = [(frame, document(writer.run, frame)) for frame in frames]
        return ((frame, lambda body=body: writer.insert(body)) for frame, body in rows)  # type: ignore[misc]

    return write


def _change(statement: nodes.Change, scope: Scope) -> Write:
    key = compile_value(statement.key, scope)
    patch = None if statement.patch is None else compile_value(statement.patch, scope)
    replace = statement.replace

    def write(writer: _Writer, frames: Iterable[Frame]) -> Prepared:
        rows = [(frame, key(writer.run, frame), patch and patch(writer.run, frame)) for frame in frames]
        for frame, found, given in rows:
            body = found if patch is None else given
            yield frame, lambda found=found, body=body: writer.change(found, body, found, replace=replace)  # type: ignore[misc]

    return write


def _remove(statement: nodes.Remove, scope: Scope) -> Write:
    key = compile_value(statement.key, scope)

    def write(writer: _Writer, frames: Iterable[Frame]) -> Prepared:
        rows = [(frame, key(writer.run, frame)) for frame in frames]
        return ((frame, lambda found=found: writer.remove(found)) for frame, found in rows)  # type: ignore[misc]

    return write


def _upsert(statement: nodes.Upsert, scope: Scope) -> Write:
    find = _finder(statement, scope)
    document = compile_value(statement.document, scope)
    with scope.pseudo("OLD") as slot:
        patch = compile_value(statement.patch, scope)

    def upsert(writer: _Writer, frame: Frame) -> Outcome:
        old = frame[slot] = find(writer, frame)
        if old is None:
            return writer.insert(document(writer.run, frame))
        body = patch(writer.run, frame)
        return writer.change(old, body, body, replace=statement.replace)

    def write(writer: _Writer, frames: Iterable[Frame]) -> Prepared:
        rows = list(frames)
        return ((frame, lambda frame=frame: upsert(writer, frame)) for frame in rows)  # type: ignore[misc]

    return write


def _finder(statement: nodes.Upsert, scope: Scope) -> Callable[[_Writer, Frame], Document | None]:
    if statement.condition is not None:
        with scope.pseudo("CURRENT") as slot:
            return _by_condition(slot, compile_value(statement.condition, scope))
    example = statement.example
    named = isinstance(example, nodes.Object) and all(is_constant(key) for key, _ in example.entries)
    if example is None or not (named or isinstance(example, nodes.Bind)):
        raise failure(PARSE, "UPSERT needs an object literal without dynamic attribute names")
    return _by_example(compile_value(example, scope))


def _by_condition(slot: int, condition: Evaluate) -> Callable[[_Writer, Frame], Document | None]:
    def find(writer: _Writer, frame: Frame) -> Document | None:
        for document in writer.candidates(None):
            frame[slot] = document
            if truth(condition(writer.run, frame)):
                return document
        return None

    return find


def _by_example(example: Evaluate) -> Callable[[_Writer, Frame], Document | None]:
    def find(writer: _Writer, frame: Frame) -> Document | None:
        wanted = as_object(example(writer.run, frame))
        for document in writer.candidates(wanted):
            if all(equal(document.get(name), value) for name, value in wanted.items()):
                return document
        return None

    return find


_COMPILERS: dict[type, Any] = {
    nodes.Insert: _insert, nodes.Change: _change, nodes.Remove: _remove, nodes.Upsert: _upsert,
}  # fmt: skip
