"""The oldest Kubernetes of the chart: nothing of later versions is rendered for it, and an older one is refused."""

from collections.abc import Iterator

import pytest

from tests.manifests.chart.rendering import render
from tests.servers.helm import Helm, HelmFailed

pytestmark = pytest.mark.servers

EVERYTHING = (
    "--set",
    "csi.enabled=true,sync.enabled=true,objects.kinds={databases.example.com},pods.onlyWithReferences=true",
)
LATER = {
    "trafficDistribution",  # Service, 1.31
    "image.reference",  # volumes, 1.31
    "fileKeyRef",  # variables, 1.34
    "spec.resources",  # of a pod, 1.32
    "stopSignal",  # of a container, 1.33
    "selectableFields",  # CustomResourceDefinition, 1.31
}
"""Fields that a 1.30 API server drops or refuses: https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/"""


def fields(value: object, parent: str = "") -> Iterator[str]:
    """Yield the name of each field in a document, by itself and after the name of its parent."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from (name, f"{parent}.{name}", *fields(each, name))
    elif isinstance(value, list):
        for each in value:
            yield from fields(each, parent)


def test_no_kind_or_field_of_later_versions_is_rendered(helm: Helm) -> None:
    objects = render(helm, *EVERYTHING, "--kube-version=1.30")
    assert "MutatingAdmissionPolicy" not in {kind for kind, _, _ in objects}
    assert not LATER & {name for each in objects.values() for name in fields(each)}


def test_an_older_kubernetes_is_refused(helm: Helm) -> None:
    with pytest.raises(
        HelmFailed, match=r"requires kubeVersion: >=1\.30\.0-0 which is incompatible with Kubernetes v1\.29"
    ):
        render(helm, "--kube-version=1.29")
