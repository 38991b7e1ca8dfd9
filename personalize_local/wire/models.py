"""The operations of the three services, as botocore's models have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from botocore.loaders import Loader
from botocore.model import ServiceModel

SERVICES: Final = ("personalize", "personalize-events", "personalize-runtime")
TARGET_PREFIX: Final = "AmazonPersonalize."


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation; shapes are botocore's."""

    name: str
    service: str
    path: str
    input: Any
    output: Any
    errors: frozenset[str]

    @property
    def is_rest(self) -> bool:
        return self.service != "personalize"


@dataclass(frozen=True, kw_only=True)
class Api:
    """Every operation, found as a request names it."""

    by_target: Mapping[str, Operation]
    by_path: Mapping[str, Operation]

    @property
    def operations(self) -> list[Operation]:
        return [*self.by_target.values(), *self.by_path.values()]

    def find(self, path: str, target: str) -> Operation | None:
        """`target` is the X-Amz-Target header, by which the control plane names operations; the others have paths."""
        if target.startswith(TARGET_PREFIX):
            return self.by_target.get(target.removeprefix(TARGET_PREFIX))
        return self.by_path.get(path)


@cache
def load() -> Api:
    """Read from the botocore that is installed, so that it fits the boto3 that calls."""
    loader = Loader()  # a session would do the same and import all of botocore
    models = [ServiceModel(loader.load_service_model(name, "service-2"), name) for name in SERVICES]
    found = [_operation(model, name) for model in models for name in model.operation_names]
    return Api(
        by_target={operation.name: operation for operation in found if not operation.is_rest},
        by_path={operation.path: operation for operation in found if operation.is_rest},
    )


def _operation(model: Any, name: str) -> Operation:
    of = model.operation_model(name)
    return Operation(
        name=name,
        service=model.service_name,
        path=of.http["requestUri"],
        input=of.input_shape,
        output=of.output_shape,
        errors=frozenset(shape.name for shape in of.error_shapes),
    )
