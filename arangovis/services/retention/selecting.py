"""Which runs a rule selects."""

import math
from collections.abc import Iterator, Sequence

from arangovis.domain.access import current_scope
from arangovis.domain.filter_grammar import parse
from arangovis.domain.graph import Node
from arangovis.domain.runs import Run, RunState
from arangovis.domain.search import PAGE_SIZE_MAX, AllOf, AnyOf, Comparison, Filter, Operator, Search
from arangovis.domain.views import optional_text
from arangovis.services.catalogue.names import project_key
from arangovis.services.retention.rules import Per, RetentionRule
from arangovis.services.runs import run_of
from arangovis.services.stewardship.retention import DAY_US, is_expired, is_pinned
from arangovis.stores.base import GraphStore


def selected(store: GraphStore, rule: RetentionRule) -> list[Node]:
    """Return the runs that a rule selects, oldest first, at most `limit`; those to be kept are left out.

    Raises:
        NotFound: there is no such project.

    """
    before = store.now() - int(rule.older_than_days * DAY_US)
    kept = _kept(rule, list(_every(store, rule))) if rule.keep_last or rule.keep_best else frozenset()
    # newest first, as a search has them: the oldest are at the end
    found = [node for node in _every(store, rule) if node.id.key not in kept and _is_past(node, before)]
    return found[::-1][: rule.limit]


def _every(store: GraphStore, rule: RetentionRule) -> Iterator[Node]:
    """Return what the conditions of a rule hold for, whatever its age.

    Who acts for some projects selects runs of these: those of no project can be seen by all, and are not theirs.
    """
    project, own = project_key(store, rule.project), current_scope().projects
    found = store.all_nodes(Search("run", _condition(rule), project, PAGE_SIZE_MAX))
    return (node for node in found if own is None or node.project in own)


def _condition(rule: RetentionRule) -> Filter:
    terms: list[Filter] = [Comparison("tags", Operator.EQUAL, tag) for tag in rule.tags]
    states = rule.states or tuple(state.value for state in RunState if not state.is_open)
    terms.append(AnyOf(tuple(Comparison("state", Operator.EQUAL, state) for state in states)))
    if rule.methods:
        terms.append(AnyOf(tuple(Comparison("method", Operator.EQUAL, method) for method in rule.methods)))
    return AllOf((*terms, parse(rule.where))) if rule.where else AllOf(tuple(terms))


def _is_past(node: Node, before: int) -> bool:
    run = run_of(node)
    return (run.ended or node.created) <= before and not is_pinned(node) and not is_expired(node)


def _kept(rule: RetentionRule, nodes: Sequence[Node]) -> frozenset[str]:
    groups: dict[tuple[str, ...], list[Node]] = {}
    for node in nodes:
        groups.setdefault(_group(rule, node), []).append(node)
    kept: set[str] = set()
    for group in groups.values():
        kept.update(node.id.key for node in group[: rule.keep_last])
        kept.update(node.id.key for node in _best(rule, group)[: rule.keep_best])
    return frozenset(kept)


def _group(rule: RetentionRule, node: Node) -> tuple[str, ...]:
    said = node.attributes
    parts = (node.project or "", optional_text(said, "method") or "", optional_text(said, "name") or "")
    return parts[: 1 + tuple(Per).index(Per(rule.per))]


def _best(rule: RetentionRule, nodes: Sequence[Node]) -> list[Node]:
    rated = [(value, node) for node in nodes if (value := _metric(run_of(node), rule.metric)) is not None]
    rated.sort(key=lambda pair: pair[0] if rule.lowest else -pair[0])
    return [node for _, node in rated]


def _metric(run: Run, name: str | None) -> float | None:
    value = run.metrics.get(name or "")
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None
    return float(value)
