"""Blocks of statements to pipelines of rows.

A statement becomes a stage: rows in, rows out, lazily but for those that must see all rows. A row is a frame, a list of
the variables' values by slot; it belongs to the pipeline that it is in. Modifications run at once and completely, so
that a LIMIT behind them applies to what is returned only (page "LIMIT").
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from tests.arango_simulator.aql import nodes
from tests.arango_simulator.aql.analysis import conjuncts, is_constant
from tests.arango_simulator.aql.collect import Collect, compile_collect
from tests.arango_simulator.aql.expressions import Evaluate, compile_value
from tests.arango_simulator.aql.failures import OUT_OF_RANGE, PARSE, failure
from tests.arango_simulator.aql.loops import compile_for
from tests.arango_simulator.aql.modification import compile_modification
from tests.arango_simulator.aql.paths import compile_path_search
from tests.arango_simulator.aql.run import Frame, Run
from tests.arango_simulator.aql.scope import Scope
from tests.arango_simulator.aql.traversal import compile_traversal
from tests.arango_simulator.aql.values import identity, is_number, sort_key, truth

Stage = Callable[[Run, Iterable[Frame]], Iterable[Frame]]
Rows = Callable[[Run, Frame], list[Any]]


def compile_block(block: nodes.Block, scope: Scope) -> Rows:
    """Return what computes the rows of a query or subquery from the frame around it; none without a RETURN."""
    stages = [_stage(block.statements, place, scope) for place in range(len(block.statements))]
    last = block.statements[-1]
    if isinstance(last, nodes.Return):
        stages, returned = stages[:-1], stages[-1]
        return lambda run, frame: returned(run, _through(stages, run, frame))
    return lambda run, frame: _exhausted(_through(stages, run, frame))


def _through(stages: Sequence[Stage | Collect], run: Run, frame: Frame) -> Iterable[Frame]:
    frames: Iterable[Frame] = [frame]
    for stage in stages:
        inside = stage.within(frame) if isinstance(stage, Collect) else stage
        frames = inside(run, frames)
    return frames


def _exhausted(frames: Iterable[Frame]) -> list[Any]:
    for _ in frames:
        pass
    return []


def _stage(statements: Sequence[nodes.Statement], place: int, scope: Scope) -> Any:
    statement, following = statements[place], statements[place + 1 :]
    if isinstance(statement, nodes.Limit):
        last = scope.level == 0 and not any(isinstance(other, nodes.Limit) for other in following)
        return _limit(statement, scope, counted=last)
    if isinstance(statement, nodes.For):
        return compile_for(statement, scope, following)
    if isinstance(statement, nodes.Traversal):
        return compile_traversal(statement, scope, following)
    if isinstance(statement, nodes.Modification):
        return compile_modification(statement, scope)
    return _COMPILERS[type(statement)](statement, scope)


def _filter(statement: nodes.Filter, scope: Scope) -> Stage:
    enforced = scope.layout.enforced
    parts = [part for part in conjuncts(statement.condition) if not any(part is other for other in enforced)]
    conditions = [compile_value(part, scope) for part in parts]

    def stage(run: Run, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            if all(truth(condition(run, frame)) for condition in conditions):
                yield frame
            else:
                run.counts["filtered"] += 1

    return stage


def _let(statement: nodes.Let, scope: Scope) -> Stage:
    assigns: list[tuple[int, Evaluate]] = []
    for name, value in statement.assigns:
        evaluate = compile_value(value, scope)
        assigns.append((scope.declare(name), evaluate))

    def stage(run: Run, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            for slot, evaluate in assigns:
                frame[slot] = evaluate(run, frame)
            yield frame

    return stage


def _sort(statement: nodes.Sort, scope: Scope) -> Stage:
    keys = [(compile_value(key, scope), descending) for key, descending in statement.keys]
    plan = id(statement)
    unordered = all(isinstance(key, nodes.Literal) for key, _ in statement.keys)

    def stage(run: Run, frames: Iterable[Frame]) -> Iterable[Frame]:
        iterator = iter(frames)
        first = next(iterator, None)
        if first is None:
            return
        if run.plans.get(plan):
            yield first
            yield from iterator
            return
        rows = [first, *iterator]
        run.charge(rows)
        if unordered:
            run.random.shuffle(rows)
        for key, descending in reversed(keys):
            rows.sort(key=lambda frame: sort_key(key(run, frame)), reverse=descending)
        yield from rows

    return stage


def _limit(statement: nodes.Limit, scope: Scope, *, counted: bool) -> Stage:
    if not (is_constant(statement.offset) and is_constant(statement.count)):
        raise failure(PARSE, "LIMIT takes number literals and bind parameters")
    offset = None if statement.offset is None else compile_value(statement.offset, scope)
    count = compile_value(statement.count, scope)

    def stage(run: Run, frames: Iterable[Frame]) -> Iterator[Frame]:
        first = 0 if offset is None else _amount(offset(run, []), 0)
        end = first + _amount(count(run, []), sys.maxsize)
        return _limited(run, frames, (first, end), counted and run.options.full_count)

    return stage


def _amount(value: Any, default: int) -> int:
    """Return an offset or a count; drivers send null for none."""
    if value is None:
        return default
    if not is_number(value) or value < 0:
        raise failure(OUT_OF_RANGE, "LIMIT value is not a number or out of range")
    return int(value)


def _limited(run: Run, frames: Iterable[Frame], bounds: tuple[int, int], counting: bool) -> Iterator[Frame]:
    """Pass the rows within bounds; with `counting` see the rest too, to know how many there would be."""
    first, end = bounds
    place = 0
    if end > first or counting:
        for frame in frames:
            if first <= place < end:
                yield frame
            place += 1
            if place >= end and not counting:
                break
    if counting:
        run.full_count = place


def _return(statement: nodes.Return, scope: Scope) -> Any:
    value = compile_value(statement.value, scope)

    def rows(run: Run, frames: Iterable[Frame]) -> list[Any]:
        found = []
        for frame in frames:
            run.step()
            row = value(run, frame)
            run.charge(row)
            found.append(row)
        return found

    def distinct(run: Run, frames: Iterable[Frame]) -> list[Any]:
        found: dict[Any, Any] = {}
        for frame in frames:
            run.step()
            row = value(run, frame)
            found.setdefault(identity(row), row)
        return list(found.values())

    return distinct if statement.distinct else rows


_COMPILERS: dict[type, Any] = {
    nodes.Filter: _filter, nodes.Let: _let, nodes.Sort: _sort, nodes.Collect: compile_collect,
    nodes.PathSearch: compile_path_search, nodes.Return: _return,
}  # fmt: skip
