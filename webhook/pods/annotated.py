"""A pod with an annotation that the webhook writes."""

from vaultkube.wire.pods import Pod


def with_annotation(pod: Pod, key: str, text: str) -> Pod:
    """Return the pod with this annotation; the pod itself does not change."""
    metadata = pod.get("metadata") or {}
    annotations = {**(metadata.get("annotations") or {}), key: text}
    return {**pod, "metadata": {**metadata, "annotations": annotations}}
