"""One database made as another is, at once: what a client needs a hundred requests for."""

from dataclasses import replace

from tests.arango_simulator.database import Database
from tests.arango_simulator.index_requests import build


def copy(source: Database, target: Database) -> None:
    """Make the collections, indexes, graphs and documents of one database in another, unless it has some already."""
    if any(not collection.system for collection in target.collections.values()):
        return
    for collection in source.collections.values():
        if collection.name not in target.collections:
            target.create_collection(collection.name, collection.properties())
        made = target.collection(collection.name)
        for index in (*(each.definition for each in collection.indexes.values()), *collection.described_only.values()):
            build(made, index)
    target.graphs |= {name: replace(graph) for name, graph in source.graphs.items()}
    names = list(source.collections)
    with source.transaction() as reading, target.transaction(write=names) as writing:
        for name in names:
            for document in reading.scan(name):
                writing.insert(name, document)
