"""DOT of Graphviz, and Mermaid: drawings as text. Names may be anything; what has a meaning there is escaped."""

import re
from collections.abc import Iterator

from arangovis.domain.graph import Edge, Node
from arangovis.exchange.excerpt import RUN, Excerpt, label

LABEL_LENGTH_MAX = 200
_PLAIN = re.compile(r"[^\w .,/:@+=()-]|[()=@]")
"""What is written as a code in Mermaid: all that is neither a letter, a digit nor harmless."""
_DOT = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r"}


def dot(excerpt: Excerpt) -> str:
    """Return an excerpt in DOT: runs are boxes, what is deleted is dashed."""
    return "\n".join(_dot_lines(excerpt)) + "\n"


def mermaid(excerpt: Excerpt) -> str:
    """Return an excerpt as a flow chart of Mermaid."""
    return "\n".join(_mermaid_lines(excerpt)) + "\n"


def _dot_lines(excerpt: Excerpt) -> Iterator[str]:
    yield "digraph lineage {"
    yield "  rankdir=LR;"
    yield '  node [shape=ellipse, fontname="sans-serif"];'
    if excerpt.partial_reasons:
        yield f"  label={_quoted(_partial(excerpt))};"
    for node in excerpt.nodes:
        shape = ", shape=box" if node.id.kind == RUN else ""
        style = ", style=dashed" if node.version.deleted else ""
        yield f"  {_quoted(str(node.id))} [label={_quoted(_title(node))}{shape}{style}];"
    for edge in excerpt.edges:
        yield f"  {_quoted(str(edge.id.source))} -> {_quoted(str(edge.id.target))} [label={_quoted(_verb(edge))}];"
    yield "}"


def _mermaid_lines(excerpt: Excerpt) -> Iterator[str]:
    numbers = {node.id: f"n{number}" for number, node in enumerate(excerpt.nodes)}
    yield "flowchart LR"
    if excerpt.partial_reasons:
        yield f"  %% {_partial(excerpt)}"
    for node in excerpt.nodes:
        opened, closed = ("[", "]") if node.id.kind == RUN else ("(", ")")
        yield f'  {numbers[node.id]}{opened}"{_coded(_title(node))}"{closed}'
    for edge in excerpt.edges:
        yield f'  {numbers[edge.id.source]} -- "{_coded(_verb(edge))}" --> {numbers[edge.id.target]}'
    gone = [numbers[node.id] for node in excerpt.nodes if node.version.deleted]
    if gone:
        yield "  classDef deleted stroke-dasharray: 4"
        yield f"  class {','.join(gone)} deleted"


def _title(node: Node) -> str:
    return f"{node.id.kind}: {label(node)[:LABEL_LENGTH_MAX]}"


def _verb(edge: Edge) -> str:
    return f"{edge.id.kind}: {edge.id.role[:LABEL_LENGTH_MAX]}" if edge.id.role else edge.id.kind


def _partial(excerpt: Excerpt) -> str:
    return f"this is not all: cut by {', '.join(excerpt.partial_reasons)}"


def _quoted(text: str) -> str:
    """Return a string of DOT; a NUL, which Graphviz cannot read, is left out."""
    return '"' + "".join(_DOT.get(letter, letter) for letter in text if letter != "\0") + '"'


def _coded(text: str) -> str:
    """Return text as it stands between quotes in Mermaid: what could mean something is `#<its code>;`."""
    return _PLAIN.sub(lambda found: f"#{ord(found[0])};", text)
