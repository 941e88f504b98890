"""The webhook's answer about an object of a manifest, from the code that answers the API server."""

from dataclasses import dataclass, field

from vaultkube.deadline import Deadline
from vaultkube.documents.jsonpatch import apply
from vaultkube.wire.objects import KubernetesObject
from webhook.admission.admission import Admission
from webhook.admission.review import AdmissionRequest
from webhook.admission.services import Nodes, Registry, Services, UnknownNodes, Vault
from webhook.offline.context import LAPTOP_PULL_SECRET, OWN_NAMESPACE, Manifests, UnknownImages, UnreadVault
from webhook.offline.documents import path_text
from webhook.offline.operator_settings import Operator
from webhook.offline.reviewable import ReviewableObject, find_untyped
from webhook.pods.facts import find_sources

_BUDGET_S = 30.0


@dataclass(frozen=True)
class Preview:
    """The object as the cluster would store it, or the refusal, and the facts that are unknown."""

    content: KubernetesObject
    refusal: str = ""
    warnings: tuple[str, ...] = ()
    unknown_images: tuple[str, ...] = ()
    unknown_sources: tuple[str, ...] = ()
    unread_values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Surroundings:
    """The services of the webhook; without a registry or Vault, replacements that know nothing are used."""

    manifests: Manifests
    registry: Registry | None = None
    vault: Vault | None = None
    nodes: Nodes = field(default_factory=UnknownNodes)


def preview(reviewable: ReviewableObject, operator: Operator, surroundings: Surroundings) -> Preview:
    """Return the webhook's answer about the object."""
    untyped = [f"{path_text(problem.path)}: {problem.message}" for problem in find_untyped(reviewable)]
    if untyped:
        return Preview(reviewable.content, refusal="; ".join(untyped))
    if not reviewable.sent:
        return Preview(reviewable.content)
    images, vault = UnknownImages(), UnreadVault()
    services = Services(
        cluster=surroundings.manifests,
        registry=surroundings.registry or images,
        vault=surroundings.vault or vault,
        nodes=surroundings.nodes,
        own_namespace=OWN_NAMESPACE,
        default_pull_secrets=[LAPTOP_PULL_SECRET],
    )
    admission = Admission(operator.settings_for(reviewable.annotations), operator.defaults, services)
    try:
        decision = admission.decide(reviewable.resource, _request(reviewable), Deadline(_BUDGET_S))
        sources = tuple(_unknown_sources(reviewable, surroundings.manifests))
    except (AttributeError, KeyError, TypeError, ValueError):
        return Preview(
            reviewable.content, refusal=f"it is no valid {reviewable.kind}; the API server would refuse it"
        )
    return Preview(
        apply(reviewable.content, decision.patch),
        decision.refusal,
        tuple(decision.warnings),
        tuple(sorted(images.unknown)),
        sources,
        tuple(sorted(vault.unread)),
    )


def _request(reviewable: ReviewableObject) -> AdmissionRequest:
    """Return the request as the API server sends it, without a name.

    Pods of controllers, and objects with `generateName`, have none yet; other names are in the object's metadata.
    """
    return AdmissionRequest(
        uid="",
        kind="Pod" if reviewable.resource == "pods" else reviewable.kind,
        namespace=reviewable.namespace,
        name="",
        operation="CREATE",
        subresource="",
        object=_with_account(reviewable.content) if reviewable.resource == "pods" else reviewable.content,
        old_object=None,
        dry_run=True,
    )


def _with_account(pod: KubernetesObject) -> KubernetesObject:
    """Return the pod with the ServiceAccount of the older field `serviceAccount`, as the API server adds it."""
    spec = pod["spec"]
    if not spec.get("serviceAccount") or spec.get("serviceAccountName"):
        return pod
    return {**pod, "spec": {**spec, "serviceAccountName": spec["serviceAccount"]}}


def _unknown_sources(reviewable: ReviewableObject, manifests: Manifests) -> list[str]:
    if reviewable.resource != "pods":
        return []
    return [
        f"{source.kind} {reviewable.namespace}/{source.name}"
        for source in sorted(find_sources(reviewable.content.get("spec") or {}))
        if not manifests.knows(source.kind, reviewable.namespace, source.name)
    ]
