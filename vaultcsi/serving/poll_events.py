"""Events of pods whose files can no longer be refreshed.

The kubelet reports a mount that fails before the pod starts. If a repeated mount of a running pod fails, the driver only
writes a line to its own log, and the pod's files stay unchanged: this Event is all that the pod's owner can see.
"""

import threading

from vaultcsi.request import MountingPod
from vaultkube.events import EventSender, Recorder, warning
from vaultkube.lru import LRUDict

_CONTROLLER = "vault-csi-provider"
_REASON = "SecretsNotRefreshed"
_REMEMBERED = 1024


class PollEvents:
    """Sends an Event if a mount fails after an earlier one of the pod has succeeded; each cause at most once a minute."""

    def __init__(self, recorder: Recorder, instance: str) -> None:
        self._sender = EventSender(recorder)
        self._instance = instance
        self._mounted: LRUDict[str, None] = LRUDict(_REMEMBERED)
        self._lock = threading.Lock()

    def mounted(self, uid: str) -> None:
        """Record that the pod of this uid has its files."""
        with self._lock:
            self._mounted[uid] = None

    def failed(self, pod: MountingPod, message: str) -> None:
        """Queue an Event, if the pod has mounted before, and return at once."""
        with self._lock:
            if pod.uid not in self._mounted:
                return
        event = warning(
            pod.namespace,
            {"apiVersion": "v1", "kind": "Pod", "name": pod.name, "uid": pod.uid},
            reason=_REASON,
            action="Refresh",
            note=message,
            controller=_CONTROLLER,
            instance=self._instance,
        )
        self._sender.send(pod.namespace, event)
