"""Page "Document / object functions", and DOCUMENT() and LENGTH() of "Miscellaneous functions"."""

from collections.abc import Iterator
from typing import Any

from tests.arango_simulator.aql.access import item_of
from tests.arango_simulator.aql.failures import ARGUMENT_TYPE, ArangoError
from tests.arango_simulator.aql.functions.registry import MANY, Function, on_object
from tests.arango_simulator.aql.run import CollectionRef, Run
from tests.arango_simulator.aql.values import array, equal, number_text, string, truth

NO_COLLECTION = 1203


def document(run: Run, first: Any, *rest: Any) -> Any:
    """Return a document by its id, or by collection and key; an array of those that exist for an array."""
    collection = first.name if isinstance(first, CollectionRef) else first
    identifiers = rest[0] if rest else collection
    if rest and not isinstance(collection, str):
        run.warn(ARGUMENT_TYPE, "DOCUMENT")
        return None
    within = collection if rest else None
    if isinstance(identifiers, list):
        found = (_one(run, within, identifier) for identifier in identifiers)
        return run.shuffled(one for one in found if one is not None)
    return _one(run, within, identifiers)


def _one(run: Run, within: str | None, identifier: Any) -> Any:
    if isinstance(identifier, dict):
        identifier = identifier.get("_id")
    if not isinstance(identifier, str):
        return None
    collection, slash, key = identifier.partition("/")
    if not slash:
        collection, key = within or "", identifier
    if not collection or (within is not None and collection != within):
        return None
    return by_id(run, collection, key)


def by_id(run: Run, collection: str, key: str) -> Any:
    """Return a document, null if it or its collection does not exist (the latter with a warning)."""
    run.counts["documentLookups"] += 1
    try:
        return run.world.get(collection, key)
    except ArangoError as refusal:
        if refusal.number != NO_COLLECTION:
            raise
        run.warn_text(NO_COLLECTION, refusal.message)
        return None


def length(run: Run, value: Any) -> int:
    """Return the number of elements, attributes, characters, or documents of a collection."""
    if isinstance(value, CollectionRef):
        return run.world.count(value.name)
    if isinstance(value, list | dict | str):
        return len(value)
    if value is None or isinstance(value, bool):
        return int(bool(value))
    return len(number_text(value) if isinstance(value, float) else str(value))


def collection_count(run: Run, collection: Any) -> int:
    """Return the number of documents."""
    name = collection.name if isinstance(collection, CollectionRef) else string(collection)
    return run.world.count(name)


def merge(run: Run, *documents: Any) -> Any:
    """Merge top-level attributes, later ones win."""
    objects = _objects(run, documents, "MERGE")
    if objects is None:
        return None
    return {name: value for one in objects for name, value in one.items()}


def merge_recursive(run: Run, *documents: Any) -> Any:
    """Merge attributes at all levels, later ones win."""
    objects = _objects(run, documents, "MERGE_RECURSIVE")
    if objects is None:
        return None
    merged: dict[str, Any] = {}
    for one in objects:
        merged = _merged(merged, one)
    return merged


def _objects(run: Run, documents: tuple[Any, ...], name: str) -> list[dict[str, Any]] | None:
    objects = documents[0] if len(documents) == 1 and isinstance(documents[0], list) else list(documents)
    if all(isinstance(one, dict) for one in objects):
        return list(objects)
    run.warn(ARGUMENT_TYPE, name)
    return None


def _merged(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    both = {
        name: _merged(left[name], right[name])
        for name in left.keys() & right.keys()
        if isinstance(left[name], dict) and isinstance(right[name], dict)
    }
    return {**left, **right, **both}


def _names(names: tuple[Any, ...]) -> set[str]:
    return {name for item in names for name in array(item) if isinstance(name, str)}


def keep(value: dict[str, Any], *names: Any) -> dict[str, Any]:
    """Return an object with only some attributes."""
    wanted = _names(names)
    return {name: item for name, item in value.items() if name in wanted}


def unset(value: dict[str, Any], *names: Any) -> dict[str, Any]:
    """Return an object without some attributes."""
    gone = _names(names)
    return {name: item for name, item in value.items() if name not in gone}


def keep_recursive(value: dict[str, Any], *names: Any) -> dict[str, Any]:
    """Keep only some attributes, at all levels."""
    wanted = _names(names)

    def kept(item: Any) -> Any:
        if isinstance(item, list):
            return [kept(one) for one in item]
        return {name: kept(one) for name, one in item.items() if name in wanted} if isinstance(item, dict) else item

    return dict(kept(value))


def unset_recursive(value: dict[str, Any], *names: Any) -> dict[str, Any]:
    """Remove some attributes, at all levels."""
    gone = _names(names)

    def left(item: Any) -> Any:
        if isinstance(item, list):
            return [left(one) for one in item]
        return {name: left(one) for name, one in item.items() if name not in gone} if isinstance(item, dict) else item

    return dict(left(value))


def has(value: Any, name: Any) -> bool:
    """Say whether an attribute is present, whatever its value."""
    return isinstance(value, dict) and string(name) in value


def _entries(value: dict[str, Any], without_system: Any = False) -> Iterator[tuple[str, Any]]:
    bare = truth(without_system)
    return ((name, item) for name, item in value.items() if not (bare and name.startswith("_")))


def attributes(value: dict[str, Any], without_system: Any = False, in_order: Any = False) -> list[str]:
    """Return the attribute names."""
    names = [name for name, _ in _entries(value, without_system)]
    return sorted(names) if truth(in_order) else names


def values(value: dict[str, Any], without_system: Any = False) -> list[Any]:
    """Return the attribute values."""
    return [item for _, item in _entries(value, without_system)]


def zipped(run: Run, keys: Any, items: Any) -> Any:
    """Return an object of an array of names and one of values."""
    if not (isinstance(keys, list) and isinstance(items, list) and len(keys) == len(items)):
        run.warn(ARGUMENT_TYPE, "ZIP")
        return None
    return {string(key): item for key, item in zip(keys, items, strict=True)}


def matches(value: dict[str, Any], examples: Any, index: Any = False) -> bool | int:
    """Say whether, or with `index` which of, the examples an object matches."""
    candidates = examples if isinstance(examples, list) else [examples]
    for place, example in enumerate(candidates):
        if isinstance(example, dict) and all(equal(value.get(name), item) for name, item in example.items()):
            return place if truth(index) else True
    return -1 if truth(index) else False


def translate(value: Any, mapping: Any, *default: Any) -> Any:
    """Look a value up."""
    if not isinstance(mapping, dict):
        return default[0] if default else value
    return mapping.get(string(value), default[0] if default else value)


def value_at(value: Any, path: Any) -> Any:
    """Follow a path of names and places."""
    for part in array(path):
        value = item_of(value, part)
    return value


# --- identifiers ------------------------------------------------------------------------------------------------------


def _identifier(value: Any) -> tuple[str, str] | None:
    text = value.get("_id") if isinstance(value, dict) else value
    if not isinstance(text, str) or text.count("/") != 1:
        return None
    collection, _, key = text.partition("/")
    return (collection, key) if collection and key else None


def _parsed(name: str, part: Any) -> Function:
    def parse(run: Run, value: Any) -> Any:
        found = _identifier(value)
        if found is None:
            run.warn(ARGUMENT_TYPE, name)
            return None
        return part(*found)

    return Function(parse, 1, 1)


def is_same_collection(run: Run, collection: Any, value: Any) -> bool | None:
    """Say whether a document or id is of a collection; null and a warning for anything else."""
    name = collection.name if isinstance(collection, CollectionRef) else collection
    text = value.get("_id") if isinstance(value, dict) else value
    if not isinstance(text, str) or not isinstance(name, str):
        run.warn(ARGUMENT_TYPE, "IS_SAME_COLLECTION")
        return None
    return text.partition("/")[0] == name


def has_attribute(_run: Run, value: Any, name: Any) -> bool:
    """HAS() takes anything."""
    return has(value, name)


FUNCTIONS: dict[str, Function] = {
    "ATTRIBUTES": on_object("ATTRIBUTES", attributes, 1, 3),
    "COLLECTION_COUNT": Function(collection_count, 1, 1, collections=(0,), reads=True),
    "COUNT": Function(length, 1, 1, collections=(0,)),
    "DOCUMENT": Function(document, 1, 2, collections=(0,), reads=True),
    "ENTRIES": on_object("ENTRIES", lambda value: [[name, item] for name, item in value.items()]),
    "HAS": Function(has_attribute, 2, 2),
    "IS_SAME_COLLECTION": Function(is_same_collection, 2, 2, collections=(0,)),
    "KEEP": on_object("KEEP", keep, 2, MANY),
    "KEEP_RECURSIVE": on_object("KEEP_RECURSIVE", keep_recursive, 2, MANY),
    "KEYS": on_object("KEYS", attributes, 1, 3),
    "LENGTH": Function(length, 1, 1, collections=(0,)),
    "MATCHES": on_object("MATCHES", matches, 2, 3),
    "MERGE": Function(merge, 1, MANY),
    "MERGE_RECURSIVE": Function(merge_recursive, 1, MANY),
    "PARSE_COLLECTION": _parsed("PARSE_COLLECTION", lambda collection, key: collection),
    "PARSE_IDENTIFIER": _parsed("PARSE_IDENTIFIER", lambda collection, key: {"collection": collection, "key": key}),
    "PARSE_KEY": _parsed("PARSE_KEY", lambda collection, key: key),
    "TRANSLATE": Function(lambda run, *arguments: translate(*arguments), 2, 3),
    "UNSET": on_object("UNSET", unset, 2, MANY),
    "UNSET_RECURSIVE": on_object("UNSET_RECURSIVE", unset_recursive, 2, MANY),
    "VALUE": Function(lambda run, value, path: value_at(value, path), 2, 2),
    "VALUES": on_object("VALUES", values, 1, 2),
    "ZIP": Function(zipped, 2, 2),
}
