"""The TypedDicts against the models of the official client, which are generated from the API server's own schema."""

from types import ModuleType
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from kubernetes import client

from vaultkube.wire import containers, leases, meta, nodes, objects, pods, reviews

_MODULES = (meta, containers, pods, nodes, objects, leases, reviews)
_OF_NO_SCHEMA = {
    "AdmissionRequest",
    "AdmissionResponse",
    "AdmissionReview",
    "GroupVersionKind",
    "GroupVersionResource",
}
"""The API server sends them and does not serve them, so its schema has none of them."""
_MODELS = {"Event": "EventsV1Event"}
_LIKE_CONTAINER = "V1EphemeralContainer"


def _declared(module: ModuleType) -> list[Any]:
    found = [each for each in vars(module).values() if is_typeddict(each)]
    return [each for each in found if each.__module__ == module.__name__]


_TYPES = {each.__name__: each for module in _MODULES for each in _declared(module)}
_COMPARED = sorted(_TYPES.keys() - _OF_NO_SCHEMA - {"KubernetesObject"})


def _model(name: str) -> Any:
    return getattr(client, _MODELS.get(name, f"V1{name}"))


def _written(hint: Any) -> str:
    """Return a type as the official client writes it."""
    if is_typeddict(hint):
        return _MODELS.get(hint.__name__, f"V1{hint.__name__}")
    if get_origin(hint) in (list, dict):
        return f"{get_origin(hint).__name__}[{', '.join(map(_written, get_args(hint)))}]"
    return str(hint.__name__)


def _fields(declared: Any) -> dict[str, str]:
    return {name: _written(hint) for name, hint in get_type_hints(declared).items()}


def _fields_of_model(model: Any) -> dict[str, str]:
    """Return the types of the model's fields as JSON has them: times and bytes are text, ephemeral containers are containers."""
    types = {model.attribute_map[name]: written for name, written in model.openapi_types.items()}
    return {
        name: written.replace("List[", "list[")
        .replace("Dict[", "dict[")
        .replace(_LIKE_CONTAINER, "V1Container")
        .replace("datetime", "str")
        .replace("bytes", "str")
        for name, written in types.items()
    }


@pytest.mark.parametrize("name", _COMPARED)
def test_every_field_has_the_name_and_the_type_of_the_api_servers_schema(name: str) -> None:
    assert _fields(_TYPES[name]).items() <= _fields_of_model(_model(name)).items()


def test_an_ephemeral_container_has_every_field_of_a_container() -> None:
    model = getattr(client, _LIKE_CONTAINER)
    assert _fields(_TYPES["Container"]).items() <= _fields_of_model(model).items()


def test_an_object_of_any_kind_has_the_fields_of_each_kind() -> None:
    kinds = ("Pod", "Secret", "ConfigMap", "ServiceAccount")
    together = {name: written for kind in kinds for name, written in _fields(_TYPES[kind]).items()}
    assert _fields(_TYPES["KubernetesObject"]) == together


@pytest.mark.parametrize("name", sorted(_TYPES))
def test_no_field_can_be_relied_on(name: str) -> None:
    assert not _TYPES[name].__required_keys__
