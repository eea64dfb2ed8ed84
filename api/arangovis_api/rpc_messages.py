"""The messages of the gRPC face, as `visualization.proto` and grpc's own health.proto have them.

They are declared to a pool of our own, so no generated code is kept, which would be bound to one version of protobuf.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

__all__ = ["FIT_SERVICE", "HEALTH_SERVICE", "message"]

FIT_SERVICE = "hydrosphere.interpretability.visualization.VisualizationService"
HEALTH_SERVICE = "grpc.health.v1.Health"

_INT32, _INT64, _BOOL, _STRING = 5, 3, 8, 9
_OPTIONAL = 1
_PACKAGES: Mapping[str, Mapping[str, tuple[tuple[str, int, int], ...]]] = {
    "hydrosphere.interpretability.visualization": {
        "FitRequest": (("model_version_id", 1, _INT64), ("re", 2, _BOOL)),
    },
    # The status is an enumeration there, which is written as an int32 is.
    "grpc.health.v1": {
        "HealthCheckRequest": (("service", 1, _STRING),),
        "HealthCheckResponse": (("status", 1, _INT32),),
    },
}
"""package -> message -> (name, number, type) of its fields."""


def message(name: str) -> Any:
    """Return the class of a message by its full name."""
    from google.protobuf.message_factory import GetMessageClass

    return GetMessageClass(_pool().FindMessageTypeByName(name))


@cache
def _pool() -> Any:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from google.protobuf.descriptor_pool import DescriptorPool

    pool = DescriptorPool()
    for package, messages in _PACKAGES.items():
        file = FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
        for name, fields in messages.items():
            declared = file.message_type.add(name=name)
            for field, number, kind in fields:
                declared.field.add(name=field, number=number, type=kind, label=_OPTIONAL)
        pool.Add(file)
    return pool
