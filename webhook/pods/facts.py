"""The containers of a pod, and the facts from outside about them: ConfigMaps, Secrets, image configs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from vaultkube.wire.containers import Container
from vaultkube.wire.pods import ContainerList, PodSpec, Volume
from webhook.config.delivery import Delivery
from webhook.config.sidecar import Sidecar
from webhook.registry.query import ImageConfig

Values = Mapping[str, bytes]
Place = tuple[ContainerList, int]
"""A container's place: its list in the PodSpec, and its position there."""

INIT_CONTAINERS: Final = "initContainers"
CONTAINER_LISTS: tuple[ContainerList, ...] = (INIT_CONTAINERS, "containers")
"""The lists of containers in a PodSpec at its creation, in the order in which they start."""

ALWAYS = "Always"
"""The restartPolicy of containers that run on."""

KINDS = {
    "configMapRef": "ConfigMap",
    "configMapKeyRef": "ConfigMap",
    "secretRef": "Secret",
    "secretKeyRef": "Secret",
}


@dataclass(frozen=True, order=True)
class Source:
    """A ConfigMap or Secret in the pod's namespace."""

    kind: str
    name: str


class Facts(NamedTuple):
    """The fetched facts, and the launcher's delivery, which depends on the nodes.

    A source that does not exist is absent; images are by their names in the pod.
    """

    sources: Mapping[Source, Values] = MappingProxyType({})
    images: Mapping[str, ImageConfig] = MappingProxyType({})
    delivery: Delivery = Delivery.INIT


def find_sources(pod_spec: Mapping[str, object]) -> set[Source]:
    """Return the ConfigMaps and Secrets in `envFrom` and `env[].valueFrom` of all containers."""
    return {source for source, _ in find_source_keys(pod_spec)}


def find_source_keys(pod_spec: Mapping[str, object]) -> Iterator[tuple[Source, str]]:
    """Yield each ConfigMap and Secret with the key that a container reads, an empty text for all keys."""
    for key in CONTAINER_LISTS:
        for container in _items(pod_spec.get(key)):
            if isinstance(container, dict):
                yield from source_keys(container)


def container_sources(container: Mapping[str, object]) -> Iterator[Source]:
    """Yield each ConfigMap and Secret from which `container` reads variables."""
    return (source for source, _ in source_keys(container))


def source_keys(container: Mapping[str, object]) -> list[tuple[Source, str]]:
    """Return each ConfigMap and Secret from which `container` reads variables, with the key, "" for all of its keys."""
    documents = [*_items(container.get("envFrom"))]
    documents += [
        entry["valueFrom"]
        for entry in _items(container.get("env"))
        if isinstance(entry, dict) and "valueFrom" in entry
    ]
    return [found for document in documents for found in _named(document)] if documents else []


def _named(document: object) -> Iterator[tuple[Source, str]]:
    if not isinstance(document, dict):
        return
    for field_name, kind in KINDS.items():
        reference = document.get(field_name)
        if isinstance(reference, dict) and isinstance(reference.get("name"), str) and reference["name"]:
            yield Source(kind, reference["name"]), str(reference.get("key") or "")


def find_containers(pod_spec: PodSpec) -> list[tuple[Place, Container]]:
    """Return the init containers, then the containers, each with its place."""
    return [
        ((key, index), container)
        for key in CONTAINER_LISTS
        for index, container in enumerate(pod_spec.get(key) or ())
    ]


def with_containers(pod_spec: PodSpec, change: Callable[[ContainerList, Container], Container]) -> PodSpec:
    """Return the PodSpec with each container as `change` makes it, which is given the name of its list too."""
    new = pod_spec.copy()
    for key in CONTAINER_LISTS:
        if pod_spec.get(key):
            new[key] = [change(key, container) for container in pod_spec[key]]
    return new


def ends_by_itself(pod_spec: PodSpec) -> bool:
    """Return whether the pod ends with its program, such as that of a Job."""
    return pod_spec.get("restartPolicy", ALWAYS) != ALWAYS


def is_native(form: Sidecar, pod_spec: PodSpec) -> bool:
    """Return whether an agent in this form is an init container of the pod that runs on."""
    return form is Sidecar.NATIVE or (form is Sidecar.AUTO and ends_by_itself(pod_spec))


def with_volumes(pod_spec: PodSpec, added: Iterable[Volume]) -> list[Volume]:
    """Return the pod's volumes with the added ones, unless it has volumes of their names already."""
    present = list(pod_spec.get("volumes") or ())
    names = {volume.get("name") for volume in present}
    return present + [volume for volume in added if volume["name"] not in names]


def _items(value: object) -> Sequence[Any]:
    """Return the items of a list, which may be anything; none if the value is not a list."""
    return value if isinstance(value, list) else ()
