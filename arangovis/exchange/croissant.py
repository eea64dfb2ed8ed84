"""Croissant 1.0: a data set described in JSON-LD, as loaders of machine-learning data read it."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from arangovis.domain.errors import NotSupported
from arangovis.domain.graph import Node
from arangovis.domain.views import items, mapping
from arangovis.exchange.excerpt import Excerpt, Segment, iso, label

SPECIFICATION = "http://mlcommons.org/croissant/1.0"
PARQUET = "application/x-parquet"
RECORDS, SEGMENTS = "records", "segments"
_SAFE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_MEDIA_TYPES = {".csv": "text/csv", ".json": "application/json", ".parquet": PARQUET, ".jsonl": "application/jsonlines"}
_CR = "http://mlcommons.org/croissant/"
_CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": _CR,
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(excerpt: Excerpt) -> str:
    """Return the data set that is the excerpt's start, described in Croissant.

    The files of its rows are named as the artifact store names them, `blobs/<two digits>/<SHA-256>`, so that the
    description is read beside them.

    Raises:
        NotSupported: the start is no data set, or was deleted.

    """
    node = excerpt.nodes[0]
    if node.id.kind != "dataset" or node.version.deleted:
        raise NotSupported(f"Croissant describes data sets that are there; {node.id} is not one")
    files = _files(node, excerpt.segments)
    columns = mapping(node.attributes, "columns")
    document: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "@id": f"urn:arangovis:node:{node.id}",
        "name": label(node),
        "description": str(node.attributes.get("description") or f"The data set {label(node)}."),
        "conformsTo": SPECIFICATION,
        "url": str(node.attributes.get("url") or f"urn:arangovis:node:{node.id}"),
        "version": _version(node),
        "dateCreated": iso(node.created),
        "datePublished": iso(node.version.valid_from),
        "keywords": [str(tag) for tag in items(node.attributes, "tags")],
        "isLiveDataset": node.attributes.get("form") == "stream",
        "distribution": files,
        "recordSet": [_record_set(columns, files)] if columns and files else [],
    }
    if columns and not files:
        document["variableMeasured"] = [{"@type": "sc:PropertyValue", "name": name} for name in columns]
    return json.dumps({name: value for name, value in document.items() if value != []}, indent=1, ensure_ascii=False)


def _version(node: Node) -> str:
    """Return a version of three numbers, as Croissant recommends, where the data set's own is none."""
    given = str(node.attributes.get("version") or "")
    return given if re.fullmatch(r"\d+\.\d+\.\d+", given) else f"{node.version.number}.0.0"


def _files(node: Node, segments: Sequence[Segment]) -> list[dict[str, Any]]:
    files = [_segment(number, segment) for number, segment in enumerate(segments, 1)]
    url, digest = node.attributes.get("url"), node.attributes.get("digest")
    if not files and isinstance(url, str) and isinstance(digest, str) and _DIGEST.match(digest):
        media_type = next((kind for end, kind in _MEDIA_TYPES.items() if url.lower().endswith(end)), "text/csv")
        return [_file("file", url, digest, media_type)]
    if len(files) > 1:
        places = [file["contentUrl"] for file in files]
        together = {"@type": "cr:FileSet", "@id": SEGMENTS, "name": SEGMENTS, "encodingFormat": PARQUET}
        files.append({**together, "includes": places})
    return files


def _segment(number: int, segment: Segment) -> dict[str, Any]:
    place = f"blobs/{segment.digest[:2]}/{segment.digest}"
    size = {} if segment.bytes is None else {"contentSize": f"{segment.bytes} B"}
    return {**_file(f"segment-{number}", place, segment.digest, PARQUET), **size}


def _file(name: str, url: str, digest: str, media_type: str) -> dict[str, Any]:
    told = {"@type": "cr:FileObject", "@id": name, "name": name, "contentUrl": url}
    return {**told, "encodingFormat": media_type, "sha256": digest}


def _record_set(columns: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    last = files[-1]
    kind = "fileSet" if last["@id"] == SEGMENTS else "fileObject"
    fields = [
        _field(number, name, str(dtype), {kind: {"@id": last["@id"]}})
        for number, (name, dtype) in enumerate(columns.items())
    ]
    return {"@type": "cr:RecordSet", "@id": RECORDS, "name": RECORDS, "field": fields}


def _field(number: int, name: str, dtype: str, place: Mapping[str, Any]) -> dict[str, Any]:
    """Return a field; its id has the name of the column, or its number where the name has more than letters in it."""
    called = name if _SAFE_NAME.match(name) else str(number)
    told = {"@type": "cr:Field", "@id": f"{RECORDS}/{called}", "name": name, "description": dtype}
    repeated = {"repeated": True} if re.search(r"list|array|\[", dtype) else {}
    return {**told, "dataType": data_type(dtype), **repeated, "source": {**place, "extract": {"column": name}}}


def data_type(dtype: str) -> str:
    """Return the type of schema.org that a column's type is."""
    named = dtype.lower()
    if "bool" in named:
        return "sc:Boolean"
    if "int" in named:
        return "sc:Integer"
    if re.search(r"float|double|real|numeric|decimal|half", named):
        return "sc:Float"
    if re.search(r"date|time", named):
        return "sc:Date"
    return "sc:Text"
