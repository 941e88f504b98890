"""Events of pods whose files can no longer be refreshed.

The kubelet tells of a mount that fails before the pod starts. Of one that is repeated for a pod that runs, the driver writes
a line to its own log, and the pod keeps what it has: this Event is all that its owner can see.
"""

import threading
from collections import OrderedDict

from vaultcsi.request import MountingPod
from vaultkube.events import EventSender, Recorder, warning

_CONTROLLER = "vault-csi-provider"
_REASON = "SecretsNotRefreshed"
_REMEMBERED = 1024


class PollEvents:
    """Tells of mounts that fail after one of the same pod has come about; each cause once a minute at most."""

    def __init__(self, recorder: Recorder, instance: str) -> None:
        self._sender = EventSender(recorder)
        self._instance = instance
        self._mounted: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def mounted(self, uid: str) -> None:
        """Note that the pod of this uid has its files."""
        with self._lock:
            self._mounted[uid] = None
            self._mounted.move_to_end(uid)
            if len(self._mounted) > _REMEMBERED:
                self._mounted.popitem(last=False)

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
