"""Whether a model version can be projected, decided before anything is computed."""

from dataclasses import dataclass

from arangovis.domain.catalogue import Dataset, ModelVersion, Profile
from arangovis.domain.runs import RunState

SCALAR_INPUTS_MIN = 2
USABLE_PROFILES = tuple(profile.value for profile in Profile if profile.is_usable)
NO_PRODUCTION_DATA = "No production data."
_NO_EMBEDDING = "The model has no `embedding` output of shape [1, N]"


@dataclass(frozen=True, slots=True)
class Support:
    """Whether a model version can be projected, and if not, how a job on it ends and why."""

    supported: bool
    message: str = ""
    state: RunState = RunState.SUCCESS


def support_of(
    version: ModelVersion, *, production: Dataset | None, training: Dataset | None, embedder: bool = False
) -> Support:
    """Decide for a model version with these data; `embedder` says whether it has one.

    What no data could mend is said before what uploading training data would.
    """
    if production is None or production.rows == 0:
        return Support(supported=False, message=NO_PRODUCTION_DATA, state=RunState.NO_DATA)
    if version.signature.embedding_dimension is not None or embedder:
        return Support(supported=True)
    usable = [field for field in version.signature.inputs if field.is_scalar and field.profile.is_usable]
    if len(usable) < SCALAR_INPUTS_MIN:
        needed = f"needs at least {SCALAR_INPUTS_MIN} scalar inputs of the types {', '.join(USABLE_PROFILES)}"
        message = f"{_NO_EMBEDDING}; without it a projection {needed}. It has {len(usable)}."
        return Support(supported=False, message=message, state=RunState.NOT_SUPPORTED)
    if training is None:
        message = f"{_NO_EMBEDDING}: upload its training data first."
        return Support(supported=False, message=message, state=RunState.NO_DATA)
    return Support(supported=True)
