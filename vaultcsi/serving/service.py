"""The driver's two calls, from messages to messages: Version and Mount. gRPC is not needed to run them."""

import logging
import time
from collections.abc import Callable
from typing import Protocol

from vaultcsi.errors import CsiError, Unavailable
from vaultcsi.mounting.files import MountedFile
from vaultcsi.request import Mount, MountingPod, parse_mount
from vaultcsi.serving.messages import INTERFACE
from vaultcsi.serving.poll_events import PollEvents
from vaultcsi.serving.protobuf import Message
from vaultenv import __version__
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable, MissingRight

_log = logging.getLogger(__name__)
_PREFIX = "error making mount request: "
_LONGEST_MESSAGE = 2048
"""Characters; the kubelet puts the first 1024 into the pod's Event."""
_STATUS: dict[type[Exception], str] = {
    ClusterUnavailable: Unavailable.status,
    MissingRight: "FAILED_PRECONDITION",
}
_OUTCOMES = {Unavailable.status: "unavailable", "INTERNAL": "internal"}


class Mounts(Protocol):
    """Makes mounts: `vaultcsi.mounting.mounter.Mounter`."""

    def mount(self, mount: Mount, deadline: Deadline) -> list[MountedFile]: ...


class Refusal(Exception):
    """The answer to a failed call: the name of a gRPC status code, and a message."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    @property
    def outcome(self) -> str:
        """The outcome for metrics: refused, unavailable or internal."""
        return _OUTCOMES.get(self.status, "refused")


class Service:
    """Answers the calls of the driver; safe to share between threads."""

    def __init__(
        self,
        mounts: Mounts,
        events: PollEvents,
        observe: Callable[[str, float], None] = lambda _outcome, _seconds: None,
    ) -> None:
        """`observe` is called with each mount's outcome, ok, refused, unavailable or internal, and its seconds."""
        self._observe = observe
        self._mounts = mounts
        self._events = events

    def version(self, _request: Message) -> Message:
        """Return the version of the interface, and of this provider."""
        return {"version": INTERFACE, "runtime_name": "vault-webhook", "runtime_version": __version__}

    def mount(self, request: Message, deadline: Deadline) -> Message:
        """Return every file of the volume with its version; raise Refusal."""
        began = time.monotonic()
        fields: dict[str, object] = {}
        pod: MountingPod | None = None
        try:
            mount = parse_mount(request["attributes"], request["permission"])
            pod = mount.pod
            fields |= _fields(pod)
            files = self._mounts.mount(mount, deadline)
        except Exception as error:
            refusal = _refusal(error)
            if pod:
                self._events.failed(pod, refusal.message)
            self._observe(refusal.outcome, time.monotonic() - began)
            fields |= {"status": refusal.status, "reason": refusal.message, "ms": _ms(began)}
            _log.warning("mount refused", extra={"fields": fields})
            raise refusal from None
        self._events.mounted(pod.uid)
        self._observe("ok", time.monotonic() - began)
        _log.info("mounted", extra={"fields": {**fields, "files": len(files), "ms": _ms(began)}})
        return {
            "files": [{"path": file.name, "mode": file.mode, "contents": file.content} for file in files],
            "object_version": [{"id": file.name, "version": file.version} for file in files],
        }


def _refusal(error: Exception) -> Refusal:
    if isinstance(error, CsiError):
        status = error.status
    elif type(error) in _STATUS:
        status = _STATUS[type(error)]
    else:
        _log.error("internal error", exc_info=error, extra={"fields": {}})
        return Refusal("INTERNAL", f"{_PREFIX}internal error; the log of the provider says more")
    return Refusal(status, (_PREFIX + str(error))[:_LONGEST_MESSAGE])


def _fields(pod: MountingPod) -> dict[str, object]:
    return {"namespace": pod.namespace, "pod": pod.name, "uid": pod.uid}


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
