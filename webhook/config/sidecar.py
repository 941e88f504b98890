"""The forms of an agent that runs beside the program, its probes, and the types of their annotations.

https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
"""

from enum import Enum

from vaultkube.value_types import WORDS, ValueType


class Sidecar(Enum):
    """A form of the agent; the value is its word in the annotation `vault-agent-sidecar`."""

    AUTO = "auto"
    """Native in a pod that ends by itself, which another container would keep running; else a container."""
    CONTAINER = "container"
    """An init container that writes the files once, and a container that renews them."""
    NATIVE = "native"
    """One init container that runs on beside the program."""


READINESS, LIVENESS = "readiness", "liveness"
_PROBES = (READINESS, LIVENESS)


def _probes(text: str) -> tuple[str, ...]:
    words = {word.lower() for word in WORDS.parse(text)}
    if not words <= set(_PROBES):
        raise ValueError(text)
    return tuple(probe for probe in _PROBES if probe in words)


SIDECAR = ValueType(
    f"one of {', '.join(each.value for each in Sidecar)}", lambda text: Sidecar(text.strip().lower())
)
PROBES = ValueType("readiness, liveness or both with a comma between them, or nothing", _probes)
