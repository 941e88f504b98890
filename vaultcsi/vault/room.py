"""Memory limits for Vault's answers: the size of all answers of one mount, and the number of mounts with long answers.

A class names its Vault, and its author may name one whose answers would fill the memory of the provider. A long answer
needs up to ten times its length once it is parsed.
"""

from types import TracebackType

from vaultcsi.errors import TooLarge, Unavailable
from vaultenv.basics.jsontext import count_values
from vaultkube.concurrency import Gate
from vaultkube.deadline import Deadline

MOST_BYTES = 6 << 20
"""More than the driver accepts for all files together, as an answer may be base64."""
_MOST_VALUES = 100_000
_LONG_BYTES = 256 << 10
_LONG_VALUES = 5_000
_LONG_AT_ONCE = 2
"""Mounts with long answers at the same time, each of another namespace: a gate gives no holder all of its places."""
_KEY = "long"
_REMEDY = "name fewer or smaller secrets in one SecretProviderClass"


def new_gate() -> Gate:
    """Return the gate that all mounts of a process share."""
    return Gate(_LONG_AT_ONCE)


class MountRoom:
    """Limits the answers of one mount; a context manager, which frees the place in the gate at its end."""

    def __init__(self, gate: Gate, namespace: str, deadline: Deadline) -> None:
        self._gate = gate
        self._namespace = namespace
        self._deadline = deadline
        self._size_bytes = 0
        self._values = 0
        self._is_long = False

    def reserve(self, size_bytes: int) -> None:
        """Reserve bytes before they are read; raise TooLarge, or Unavailable if there is no place in time."""
        self._size_bytes += size_bytes
        if self._size_bytes > MOST_BYTES:
            raise TooLarge(
                f"Vault's answers to one mount are longer than {MOST_BYTES} bytes together: {_REMEDY}"
            )
        if self._size_bytes > _LONG_BYTES:
            self._enter()

    def reserve_values(self, body: bytes) -> None:
        """Reserve memory for the values of an answer before it is parsed; raise TooLarge or Unavailable."""
        self._values += count_values(body)
        if self._values > _MOST_VALUES:
            raise TooLarge(
                f"Vault's answers to one mount have more than {_MOST_VALUES} values together: {_REMEDY}"
            )
        if self._values > _LONG_VALUES:
            self._enter()

    def clear(self) -> None:
        """Reset the reservations, as all answers are read again."""
        self._size_bytes = self._values = 0

    def __enter__(self) -> "MountRoom":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_long:
            self._gate.leave(_KEY, self._namespace)

    def _enter(self) -> None:
        if self._is_long:
            return
        if not self._gate.enter(_KEY, self._namespace, self._deadline.remaining_s()):
            raise Unavailable(
                f"other mounts of namespace {self._namespace} with long answers are not done; it is retried automatically"
            )
        self._is_long = True
