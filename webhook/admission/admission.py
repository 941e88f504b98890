"""Decisions about objects: pure functions decide, needs are fetched under one deadline, a JSON Patch is the result."""

from vaultkube.deadline import Deadline
from vaultkube.errors import Refused
from vaultkube.wire.objects import KubernetesObject
from webhook.admission import gather
from webhook.admission.needs import Need, Steps, advance
from webhook.admission.objects import ObjectDecisions
from webhook.admission.pods import PodDecisions
from webhook.admission.review import AdmissionRequest, Decision, RefusalStatus, refuse
from webhook.admission.services import Services as Services
from webhook.config.annotations import Defaults
from webhook.config.configure import is_skipped, length_problems
from webhook.config.settings import Settings
from webhook.pods.ephemeral import SUBRESOURCE

_REFUSAL = "could not mutate object: "
_MAX_REFUSAL = 16_384
_CREATE, _UPDATE = "CREATE", "UPDATE"
_DECIDED = {
    "pods": {(_CREATE, ""), (_UPDATE, SUBRESOURCE)},
    "secrets": {(_CREATE, ""), (_UPDATE, "")},
    "configmaps": {(_CREATE, ""), (_UPDATE, "")},
    "objects": {(_CREATE, ""), (_UPDATE, "")},
}
"""Operations and subresources at which the webhook can still change the object."""


class Admission:
    """Decides about pods, Secrets, ConfigMaps and custom objects."""

    def __init__(self, settings: Settings, defaults: Defaults, services: Services) -> None:
        self._pods = PodDecisions(settings, defaults, services)
        self._objects = ObjectDecisions(settings, defaults, services)
        self._services = services
        self._was_ready = False

    def decide(self, resource: str, request: AdmissionRequest, deadline: Deadline) -> Decision:
        """Return the decision, after all facts that it needs from outside have been fetched."""
        steps = self.begin(resource, request, deadline)
        return self.finish(steps, advance(steps.__next__), deadline)

    def begin(self, resource: str, request: AdmissionRequest, deadline: Deadline) -> Steps[Decision]:
        """Return the steps of the decision; a Refused becomes a refusal.

        The author or the operator can correct its cause.
        """
        annotations = _annotations(request.object)
        if not _is_decided(resource, request) or is_skipped(annotations):
            return Decision()
        try:
            refuse(length_problems(annotations))
            if resource == "pods":
                return (yield from self._pods.decide(request, annotations, deadline))
            return (yield from self._objects.decide(resource, request, annotations, deadline))
        except Refused as refusal:
            return _refused(refusal)

    def begin_long(
        self, steps: Steps[Decision], request: AdmissionRequest, deadline: Deadline
    ) -> Need | Decision:
        """Return the first need of a decision that takes more than a moment of computing."""
        try:
            return gather.begin_long(steps, self._services, request.namespace, deadline)
        except Refused as refusal:
            return _refused(refusal)

    def finish(self, steps: Steps[Decision], need: Need | Decision, deadline: Deadline) -> Decision:
        """Return the decision of these steps, whose first need is `need`."""
        return gather.finish(steps, need, self._services, deadline)

    def ready(self, deadline: Deadline) -> bool:
        """Return whether the API server has ever answered; it stays ready when the API server is down later."""
        self._was_ready = self._was_ready or self._services.cluster.ready(deadline)
        return self._was_ready


def _refused(refusal: Refused) -> Decision:
    return Decision(
        refusal=_readable(_REFUSAL + str(refusal)),
        status=RefusalStatus(refusal.code, refusal.reason, refusal.outcome),
    )


def _is_decided(resource: str, request: AdmissionRequest) -> bool:
    """Return whether there is anything to decide.

    An object that is being deleted must get rid of its finalizers in any case.
    """
    is_going = bool((request.object.get("metadata") or {}).get("deletionTimestamp"))
    return (request.operation or _CREATE, request.subresource) in _DECIDED[resource] and not is_going


def _annotations(document: KubernetesObject) -> dict[str, str]:
    found = (document.get("metadata") or {}).get("annotations") or {}
    return {key: value for key, value in found.items() if isinstance(value, str)}


def _readable(refusal: str) -> str:
    """Return the refusal, shortened to a length that people read: an object of a megabyte can have as many problems."""
    rest = len(refusal) - _MAX_REFUSAL
    return refusal if rest <= 0 else f"{refusal[:_MAX_REFUSAL]}… ({rest} more characters)"
