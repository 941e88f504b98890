"""Deliveries of the launcher: its image as a volume, which costs a pod nothing, or an init container that copies it.

Image volumes: https://kubernetes.io/docs/concepts/storage/volumes/#image
"""

from collections.abc import Iterable, Iterator

from vaultkube.deadline import UNLIMITED, Deadline
from vaultkube.problem import Problem
from vaultkube.wire.containers import Container
from vaultkube.wire.pods import PodSpec
from webhook.config.annotations import Config
from webhook.config.delivery import Delivery
from webhook.pods.cluster_nodes import ClusterNodes
from webhook.pods.launcher import MOUNT_PATH, VOLUME
from webhook.pods.node_selection import selection_of

_INSIDE = MOUNT_PATH + "/"


def find_delivery(pod_spec: PodSpec, containers: Iterable[Container], config: Config) -> Delivery:
    """Return the delivery for a pod whose `containers` get the launcher; AUTO if it depends on the nodes.

    A volume from an earlier run of the webhook decides first. An image volume is read-only, so no container can mount
    another volume inside it; a sandbox of a RuntimeClass, or a pod with a user namespace, may not be able to mount one
    at all.
    """
    for volume in pod_spec.get("volumes") or ():
        if volume.get("name") == VOLUME:
            return Delivery.IMAGE if "image" in volume else Delivery.INIT
    if config.delivery is Delivery.INIT or inner_mounts(containers):
        return Delivery.INIT
    is_sandboxed = pod_spec.get("runtimeClassName") or pod_spec.get("hostUsers") is False
    return Delivery.INIT if config.delivery is Delivery.AUTO and is_sandboxed else config.delivery


def delivery_by_nodes(pod_spec: PodSpec, nodes: ClusterNodes, deadline: Deadline = UNLIMITED) -> Delivery:
    """Return the delivery that every node supports on which the pod may run; the init container if no node is known.

    Raises OutOfTime.
    """
    if not nodes.are_known:
        return Delivery.INIT
    selection = selection_of(pod_spec)
    for node in nodes.without_image_volumes:
        deadline.check()
        if selection.allows(node):
            return Delivery.INIT
    return Delivery.IMAGE


def inner_mounts(containers: Iterable[Container]) -> list[str]:
    """Return the names of the containers that mount a volume below the launcher's mount path."""
    return [
        str(container.get("name"))
        for container in containers
        if any([_is_inner(mount.get("mountPath") or "") for mount in container.get("volumeMounts") or ()])
    ]


def delivery_warnings(containers: Iterable[Container], config: Config) -> Iterator[Problem]:
    """Yield a warning if the annotation requests an image volume in a pod that cannot have it."""
    if config.delivery is Delivery.IMAGE and "delivery" in config.annotated:
        names = inner_mounts(containers)
        if names:
            message = (
                f"annotation vault-env-delivery: {', '.join(names)} mounts a volume below {MOUNT_PATH}, which cannot be "
                "inside of an image volume: an init container brings vault-env"
            )
            yield Problem("pod", config.path_of("delivery"), message)


def _is_inner(path: str) -> bool:
    return path.startswith(_INSIDE) and path.rstrip("/") != MOUNT_PATH
