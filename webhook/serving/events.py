"""Kubernetes Events about refused objects: `kubectl get events` shows why a pod is missing."""

from vaultkube.events import EventSender, Recorder, warning
from vaultkube.wire.meta import ObjectReference
from vaultkube.wire.objects import Event
from webhook.admission.review import AdmissionRequest

CONTROLLER = "vault-webhook"


class Events:
    """Sends an Event for each refusal, within the rate of `EventSender`."""

    def __init__(self, recorder: Recorder, instance: str) -> None:
        self._sender = EventSender(recorder)
        self._instance = instance

    def refused(self, request: AdmissionRequest, reason: str) -> None:
        """Queue an Event and return at once; a dry run causes none."""
        if not request.dry_run and request.namespace:
            self._sender.send(request.namespace, refusal_event(request, reason, self._instance))


def refusal_event(request: AdmissionRequest, reason: str, instance: str) -> Event:
    """Return the Event (events.k8s.io/v1) about a refused object, or about its controller if it has no name yet."""
    return warning(
        request.namespace,
        _regarding(request),
        reason="Refused",
        action=request.operation.capitalize() or "Admit",
        note=reason,
        controller=CONTROLLER,
        instance=instance,
    )


def _regarding(request: AdmissionRequest) -> ObjectReference:
    metadata = request.object.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    owners = metadata.get("ownerReferences")
    for owner in owners if isinstance(owners, list) else ():
        if isinstance(owner, dict) and owner.get("controller") and not request.object_name:
            return {
                "apiVersion": str(owner.get("apiVersion") or ""),
                "kind": str(owner.get("kind") or ""),
                "name": str(owner.get("name") or ""),
                "uid": str(owner.get("uid") or ""),
            }
    name = request.object_name or str(metadata.get("generateName") or "")
    return {"apiVersion": "v1", "kind": request.kind, "name": name}
