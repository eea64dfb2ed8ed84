"""What is taken over from another tracker, whichever it is: projects, runs with their histories, models, aliases.

Readers of foreign stores make these values, `arangovis.services.importing` writes them. Times are microseconds since
1970. Everything is called by names and keys of its own, so the same thing read again is the same thing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from arangovis.domain.json import Document, Scalar
from arangovis.domain.runs import RunState

NO_SCALARS: Mapping[str, Scalar] = {}


@dataclass(frozen=True, slots=True)
class History:
    """What a run logged under one name, oldest first: of each entry the step, when, and a number or a text.

    `origin` names the log that it was read from, which only grows: entries that were taken before are not taken again.
    `first` counts those that are left out here, since they were sent before.
    """

    name: str
    steps: Sequence[int]
    times: Sequence[int]
    values: Sequence[float] | Sequence[str]
    origin: str = "log"
    is_text: bool = False
    first: int = 0

    @property
    def end(self) -> int:
        """How many entries there are, with those left out."""
        return self.first + len(self.steps)


@dataclass(frozen=True, slots=True)
class ReadData:
    """A data set that a run read, and as what. Its rows are elsewhere; `version` tells its states apart."""

    name: str
    version: str | None = None
    role: str = ""
    url: str | None = None
    rows: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Scalar] = field(default_factory=lambda: NO_SCALARS)


@dataclass(frozen=True, slots=True)
class ImportedRun:
    """A run of another tracker.

    Args:
        key: the key of the run here, made of its id there.
        project: the name of the project that it belongs to; it is made if it is not there.
        method: what it did.
        parent: the key of the run that it is a step of.
        extra: further facts of any shape, which are kept and not searched.
        final_metrics: values of metrics in the place of the last ones of the histories, or beside them.

    """

    key: str
    project: str
    method: str
    state: RunState = RunState.SUCCESS
    name: str | None = None
    description: str | None = None
    reason: str | None = None
    started: int | None = None
    ended: int | None = None
    parent: str | None = None
    params: Mapping[str, Scalar] = field(default_factory=lambda: NO_SCALARS)
    final_metrics: Mapping[str, Scalar] = field(default_factory=lambda: NO_SCALARS)
    tags: Sequence[str] = ()
    attributes: Mapping[str, Scalar] = field(default_factory=lambda: NO_SCALARS)
    code: Mapping[str, Scalar] = field(default_factory=lambda: NO_SCALARS)
    process: Mapping[str, Scalar] = field(default_factory=lambda: NO_SCALARS)
    extra: Document = field(default_factory=dict)
    data: Sequence[ReadData] = ()
    histories: Sequence[History] = ()


@dataclass(frozen=True, slots=True)
class ReadBy:
    """A run that read a model version, by its key, and as what."""

    run: str
    role: str = "model"


@dataclass(frozen=True, slots=True)
class ImportedVersion:
    """A version of a model.

    Args:
        project: the name of the project; it is made if it is not there, and so is the model.
        model: the model's name.
        version: what the version is called.
        made_by: the key of the run that made it.
        made_from: project, model and version that it is another name of; empty if there is none.
        read_by: the runs that read it.
        succeeds: whether it takes the place of the version that came before it.

    """

    project: str
    model: str
    version: str
    description: str | None = None
    tags: Sequence[str] = ()
    attributes: Mapping[str, Scalar] = field(default_factory=lambda: NO_SCALARS)
    made_by: str | None = None
    made_from: Sequence[str] = ()
    read_by: Sequence[ReadBy] = ()
    succeeds: bool = False


@dataclass(frozen=True, slots=True)
class ImportedModel:
    """What is said of a model or, without a name of a model, of a project; and the aliases of its versions."""

    project: str
    model: str | None = None
    description: str | None = None
    tags: Sequence[str] = ()
    attributes: Mapping[str, Scalar] = field(default_factory=lambda: NO_SCALARS)
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportPart:
    """A part of what is to be taken over, small enough for one request; the things in it are taken in this order."""

    runs: Sequence[ImportedRun] = ()
    versions: Sequence[ImportedVersion] = ()
    models: Sequence[ImportedModel] = ()
    dry_run: bool = False

    @property
    def size(self) -> int:
        """How many things it holds."""
        return len(self.runs) + len(self.versions) + len(self.models)
