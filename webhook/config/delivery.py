"""The ways in which the launcher gets into a pod, and the type of the annotation that names one."""

from enum import Enum

from vaultkube.value_types import ValueType


class Delivery(Enum):
    """A way of delivery; the value is its word in the annotation `vault-env-delivery`."""

    AUTO = "auto"
    """The image if every node that the pod may run on can mount it, else the init container."""
    IMAGE = "image"
    """The launcher's image is mounted as a volume."""
    INIT = "init"
    """An init container copies the launcher into a volume in memory."""


DELIVERY = ValueType(
    f"one of {', '.join(each.value for each in Delivery)}", lambda text: Delivery(text.lower())
)
