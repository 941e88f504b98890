"""The digests of the images whose commands were read: in an annotation, and by the operator's choice in the images."""

import json
from collections.abc import Mapping

from vaultkube.wire.containers import Container
from vaultkube.wire.meta import ObjectMeta
from vaultkube.wire.pods import ContainerList, Pod, PodSpec
from webhook.config.annotation_keys import IMAGE_DIGESTS
from webhook.pods.annotated import with_annotation
from webhook.pods.facts import with_containers
from webhook.registry.reference import pinned


def with_digests(pod: Pod, digests: Mapping[str, str], *, pin: bool) -> Pod:
    """Return `pod` with an annotation that holds the digest of each image that was read, by container.

    With `pin`, these containers run exactly that image: its tag may change before the kubelet pulls it.
    """
    if not digests:
        return pod
    recorded = _recorded(pod.get("metadata") or {})
    text = json.dumps({**recorded, **digests}, sort_keys=True, separators=(",", ":"))
    new = with_annotation(pod, IMAGE_DIGESTS, text)
    return {**new, "spec": _pinned(pod["spec"], digests)} if pin else new


def _pinned(pod_spec: PodSpec, digests: Mapping[str, str]) -> PodSpec:
    def pinning(_key: ContainerList, container: Container) -> Container:
        digest = digests.get(str(container.get("name")))
        return {**container, "image": pinned(container["image"], digest)} if digest else container

    return with_containers(pod_spec, pinning)


def _recorded(metadata: ObjectMeta) -> Mapping[str, object]:
    """Return the digests in the annotation of an earlier run of the webhook."""
    try:
        found = json.loads((metadata.get("annotations") or {}).get(IMAGE_DIGESTS, "{}"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
