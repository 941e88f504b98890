"""The watch of labelled namespaces: each gets its role and policy when it is labelled, and is checked again each hour."""

import logging
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.apiserver.transport import METADATA
from vaultkube.apiserver.watching import Change, watch
from vaultkube.errors import ClusterUnavailable, WebhookError
from vaultkube.provisioning.layout import is_namespace
from vaultkube.provisioning.steps import Provisioning

LABEL = "security.banzaicloud.io/provision"
_ENABLED, _REMOVED = "true", "remove"
_SELECTOR = f"{LABEL} in ({_ENABLED},{_REMOVED})"
_PATH = "/api/v1/namespaces"
_RESYNC_S, _RETRY_S, _PAUSE_S = 3600, 15, 0.5
_log = logging.getLogger(__name__)


class _Done(NamedTuple):
    """A provisioned namespace: the label's value, and the time of the work."""

    value: str
    at: float


class Watcher:
    """Provisions labelled namespaces; a removed label removes nothing in Vault."""

    def __init__(self, connection: Connection, new_steps: Callable[[], Provisioning]) -> None:
        """`new_steps` returns the steps with a valid login, or raises ProvisioningFailed."""
        self._connection = connection
        self._new_steps = new_steps
        self._done: dict[str, _Done] = {}
        self.failing: dict[str, str] = {}
        """The reasons of the last failures, by the namespace's name; "" is the watch itself."""

    def run(self, stop: threading.Event) -> None:
        """Watch until `stop` is set. Each watch begins with all namespaces, and so is a new attempt for failed ones."""
        lasts_s = _RETRY_S
        while not stop.is_set():
            failed = not self.watch_once(lasts_s, stop)
            stop.wait(_RETRY_S if failed and lasts_s == _RETRY_S else _PAUSE_S)
            lasts_s = _RETRY_S if self.failing else _RESYNC_S

    def watch_once(self, lasts_s: int, stop: threading.Event) -> bool:
        """Watch for `lasts_s` seconds and return whether the watch worked; a long watch ends with the first failure."""
        seen = set()
        try:
            for change in watch(self._connection, _PATH, {"labelSelector": _SELECTOR}, METADATA, lasts_s):
                if stop.is_set():
                    return True
                seen.add(self._take(change))
                if self.failing and lasts_s > _RETRY_S:
                    return True
            self.failing = {name: reason for name, reason in self.failing.items() if name in seen}
            return True
        except Exception as error:  # a thread that ends would provision nothing, and say nothing
            self._failed("", error)
            return False

    def _take(self, change: Change) -> str | None:
        """Provision the namespace of a change and return its name, or None for other changes; raise ClusterUnavailable."""
        if change.type == "ERROR":
            code = change.document.get("code")
            raise ClusterUnavailable(f"the API server answered {code} for a watch of namespaces")
        if change.type not in ("ADDED", "MODIFIED"):
            return None
        metadata = change.document["metadata"]
        name, value = metadata["name"], metadata["labels"][LABEL]
        done = self._done.get(name)
        if done and done.value == value and time.monotonic() < done.at + _RESYNC_S / 2:
            return str(name)
        try:
            self._provision(name, value)
        except Exception as error:  # one namespace must not end the work on all others
            self._failed(name, error)
        else:
            self.failing.pop(name, None)
            self._done[name] = _Done(value, time.monotonic())
        return str(name)

    def _provision(self, name: str, value: str) -> None:
        if not is_namespace(name):
            return
        steps = self._new_steps()
        if value == _REMOVED:
            steps.remove(name)
        else:
            steps.ensure(name)

    def _failed(self, name: str, error: Exception) -> None:
        """Log the reason, if it is another one than before; of an unexpected error the text could hold a value."""
        is_expected = isinstance(error, WebhookError)
        reason = str(error) if is_expected else f"unexpected {type(error).__name__}"
        if self.failing.get(name) != reason:
            fields = {"namespace": name, "reason": reason}
            unexpected = None if is_expected else error
            _log.warning("namespaces are not provisioned", exc_info=unexpected, extra={"fields": fields})
        self.failing[name] = reason
