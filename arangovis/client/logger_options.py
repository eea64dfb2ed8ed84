"""How a logger of rows behaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.series import FieldKind

FLUSH_EVERY_S = 2.0
_KINDS = (*FieldKind, "string")
_NO_KIND = "{!r} is not one of " + ", ".join(FieldKind)


@dataclass(frozen=True, slots=True)
class LoggerOptions:
    """How a logger behaves.

    Args:
        flush_every_s: how long a row waits in memory at most, in seconds.
        copy: keep copies of arrays that are given, so that they may be changed afterwards.
        kinds: of fields that are known already; of the others the first value decides.
        series: the fields of named series that are known already; of the others the first write decides.
        next_step: the number of the next `log` without a step.

    """

    flush_every_s: float = FLUSH_EVERY_S
    copy: bool = True
    kinds: Mapping[str, str] = field(default_factory=dict)
    series: Mapping[str, Sequence[str]] = field(default_factory=dict)
    next_step: int = 0

    def __post_init__(self) -> None:
        faults = [] if self.flush_every_s > 0 else [Fault("flush_every_s", f"{self.flush_every_s!r} is not above 0")]
        faults += [Fault(name, _NO_KIND.format(kind)) for name, kind in self.kinds.items() if kind not in _KINDS]
        if faults:
            raise InvalidInput.of(*faults)
