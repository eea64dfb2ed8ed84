"""Which runs pass, and how many pass everything but one condition: that is what a count beside a box means."""

from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt

from arangovis.services.run_search.columns import Column, Mask
from arangovis.services.run_search.conditions import RunFilter, TagCondition
from arangovis.services.run_search.table import RunTable

TAGS = "tags"
STARTED = "started"


@dataclass(frozen=True)
class Matching:
    """The runs of a table by the conditions that they fail."""

    failed: dict[str, Mask] = field(repr=False)
    """For each condition, by the name of what it is about, the runs that do not meet it."""
    failures: npt.NDArray[np.int16] = field(repr=False)
    """How many conditions each run fails."""

    @classmethod
    def of(cls, table: RunTable, asked: RunFilter) -> "Matching":
        """Check every run against every condition."""
        failed = {TAGS: ~_tagged(table.column(TAGS), asked.tags), STARTED: ~_in_window(table, asked)}
        for condition in asked.attributes:
            column = table.column(condition.name)
            passed = column.having(condition.accepts)
            failed[_about(condition.name)] = ~(passed | column.missing if condition.include_missing else passed)
        failures = np.zeros(len(table), dtype=np.int16)
        for mask in failed.values():
            failures += mask
        return cls(failed, failures)

    @property
    def passed(self) -> Mask:
        """Which runs meet everything."""
        return cast("Mask", self.failures == 0)

    def passed_others(self, about: str) -> Mask:
        """Which runs meet everything but, perhaps, the condition about this."""
        own = self.failed.get(about)
        return self.passed if own is None else cast("Mask", self.failures == own)

    def passed_other_attributes(self, name: str) -> Mask:
        """Which runs meet everything but, perhaps, the condition on this attribute."""
        return self.passed_others(_about(name))


def _about(attribute: str) -> str:
    return f"attribute {attribute}"


def _in_window(table: RunTable, asked: RunFilter) -> Mask:
    mask = np.ones(len(table), dtype=np.bool_)
    if asked.started_from is not None:
        mask &= table.started >= asked.started_from
    if asked.started_before is not None:
        mask &= table.started < asked.started_before
    return mask


def _tagged(column: Column, asked: TagCondition) -> Mask:
    mask = np.ones(column.size, dtype=np.bool_)
    if asked.any:
        mask &= column.having(set(asked.any).__contains__)
    if asked.none:
        mask &= ~column.having(set(asked.none).__contains__)
    mask &= _has_all(column, asked.all)
    if asked.not_all:
        mask &= ~_has_all(column, asked.not_all)
    return mask


def _has_all(column: Column, tags: tuple[str, ...]) -> Mask:
    mask = np.ones(column.size, dtype=np.bool_)
    for tag in dict.fromkeys(tags):
        mask &= column.having(lambda value, tag=tag: value == tag)  # type: ignore[misc]  # bound at once
    return mask
