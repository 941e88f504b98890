"""The codes of refusals: each is final for the kubelet, and has an outcome in the metrics."""

import json

import pytest

from vaultcsi.errors import (
    CertificatesUnusable,
    CsiError,
    InvalidClass,
    LoginRefused,
    PodUnknown,
    SecretNotRead,
    TooLarge,
    Unavailable,
)
from vaultcsi.mounting.files import MountedFile
from vaultcsi.request import Mount
from vaultcsi.serving.poll_events import PollEvents
from vaultcsi.serving.service import Refusal, Service
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable, MissingRight
from vaultkube.wire.objects import Event

NOT_FINAL = {"CANCELLED", "DEADLINE_EXCEEDED", "UNAVAILABLE", "RESOURCE_EXHAUSTED", "ABORTED"}
"""Of isFinalError in the kubelet's pkg/volume/csi/csi_client.go."""
ATTRIBUTES = {
    "csi.storage.k8s.io/pod.name": "app",
    "csi.storage.k8s.io/pod.namespace": "default",
    "csi.storage.k8s.io/pod.uid": "1",
    "csi.storage.k8s.io/serviceAccount.name": "db",
    "roleName": "database",
    "objects": "[{objectName: a, secretPath: a/b}]",
}
ERRORS: list[tuple[Exception, str]] = [
    (InvalidClass([]), "refused"),
    (PodUnknown(""), "refused"),
    (LoginRefused(""), "refused"),
    (SecretNotRead(""), "refused"),
    (TooLarge(""), "refused"),
    (MissingRight(""), "refused"),
    (CertificatesUnusable(""), "refused"),
    (Unavailable(""), "unavailable"),
    (ClusterUnavailable(""), "unavailable"),
    (RuntimeError(""), "internal"),
]


class Failing:
    """Mounts that fail with the error, and a recorder of Events."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def mount(self, mount: Mount, deadline: Deadline) -> list[MountedFile]:
        raise self.error

    def create_event(self, namespace: str, event: Event, deadline: Deadline) -> None:
        raise AssertionError("the pod has never mounted")


@pytest.mark.parametrize(("error", "outcome"), ERRORS, ids=lambda value: type(value).__name__)
def test_a_refusal_is_final_for_the_kubelet_and_counted_by_its_outcome(
    error: Exception, outcome: str
) -> None:
    failing, seen = Failing(error), []
    service = Service(failing, PollEvents(failing, "node"), lambda word, _seconds: seen.append(word))
    with pytest.raises(Refusal) as refused:
        service.mount({"attributes": json.dumps(ATTRIBUTES), "permission": "420"}, Deadline(5))
    assert (refused.value.status not in NOT_FINAL, seen) == (True, [outcome])


def test_every_error_of_the_provider_has_a_code_that_is_final_for_the_kubelet() -> None:
    found, pending = set(), CsiError.__subclasses__()
    while pending:
        kind = pending.pop()
        found.add(kind.status)
        pending += kind.__subclasses__()
    assert found
    assert not found & NOT_FINAL
