"""All that is captured, in one value; each part behind its switch and its fence."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from arangovis.client.capture.git import code_facts
from arangovis.client.capture.guard import guarded
from arangovis.client.capture.libraries import library_facts
from arangovis.client.capture.options import Capture
from arangovis.client.capture.process import process_facts
from arangovis.domain.json import Scalar

Values = Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Captured:
    """What was recorded of a process, as the run's attributes of the same names."""

    code: Values = field(default_factory=dict)
    environment: Values = field(default_factory=dict)
    process: Values = field(default_factory=dict)

    def document(self) -> dict[str, dict[str, Scalar]]:
        """Return it as JSON, without what is empty."""
        given = {"code": self.code, "environment": self.environment, "process": self.process}
        return {name: dict(values) for name, values in given.items() if values}


def captured(wanted: Capture) -> Captured:
    """Look at the process. It never raises: what cannot be looked at is a warning."""
    return Captured(
        code=guarded("the code version", code_facts, {}) if wanted.code else {},
        environment=guarded("the library versions", library_facts, {}) if wanted.libraries else {},
        process=guarded("the process", process_facts, {}) if wanted.process else {},
    )


def later_libraries(wanted: Capture, before: Captured) -> Values:
    """Return the versions of libraries that were loaded since."""
    if not wanted.libraries:
        return {}
    nothing: Values = {}
    now = guarded("the library versions", library_facts, nothing)
    return {name: version for name, version in now.items() if before.environment.get(name) != version}
