"""A model's weights as bytes of the safetensors format: numbers and names, nothing that runs."""

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from arangovis.domain.errors import IntegrityError, InvalidInput


def weights_of(model: nn.Module) -> bytes:
    """Return the weights and buffers of a model."""
    return save({name: tensor.detach().cpu().contiguous().clone() for name, tensor in model.state_dict().items()})


def load_weights(model: nn.Module, data: bytes) -> None:
    """Give a model the weights of another of the same architecture.

    Raises:
        IntegrityError: the bytes are not of the safetensors format.
        InvalidInput: the names or shapes are those of another architecture.

    """
    try:
        found = load(data)
    except SafetensorError as error:
        raise IntegrityError("the bytes are not weights in the safetensors format") from error
    try:
        model.load_state_dict(found)
    except RuntimeError as error:
        raise InvalidInput("the weights do not fit the model: their names or shapes differ") from error
