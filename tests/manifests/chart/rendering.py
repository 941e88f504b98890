"""The chart rendered without a cluster."""

from pathlib import Path
from typing import Any

from tests.servers.helm import Helm

ROOT = Path(__file__).parents[3]
CHART = ROOT / "manifests/chart"
NAME = NAMESPACE = "vault-webhook"
SEGMENT = "0123456789abcdef0123456789abcdef0123456789abcdef"
OF_FILES = ("--set", f"certificate.mode=files,certificate.caBundle=CA,certificate.pathSegment={SEGMENT}")
"""A certificate from outside, with what Helm cannot read of it without a cluster."""

Objects = dict[tuple[str, str, str], dict[str, Any]]


def render(helm: Helm, *arguments: str, release: str = NAME, namespace: str = NAMESPACE) -> Objects:
    """Return the objects of a release by kind, namespace and name."""
    documents = helm.documents(release, str(CHART), "--namespace", namespace, *arguments)
    return by_name(documents)


def by_name(documents: list[dict[str, Any]]) -> Objects:
    """Return the objects by kind, namespace and name; a duplicate is an error."""
    named = {
        (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]): each
        for each in documents
    }
    assert len(named) == len(documents)
    return named


def webhooks(objects: Objects) -> dict[str, dict[str, Any]]:
    """Return the webhooks of the only configuration by the first word of their names."""
    ((_, configuration),) = [item for item in objects.items() if item[0][0] == "MutatingWebhookConfiguration"]
    return {each["name"].partition(".")[0]: each for each in configuration["webhooks"]}


def deployment(objects: Objects) -> Any:
    """Return the PodSpec of the only Deployment."""
    (found,) = [each for (kind, _, _), each in objects.items() if kind == "Deployment"]
    return found["spec"]["template"]["spec"]
