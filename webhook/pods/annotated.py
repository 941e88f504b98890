"""A pod with an annotation from the webhook."""

from vaultkube.wire.pods import Pod


def with_annotation(pod: Pod, key: str, text: str) -> Pod:
    """Return the pod with this annotation; the given pod is not changed."""
    metadata = pod.get("metadata") or {}
    annotations = {**(metadata.get("annotations") or {}), key: text}
    return {**pod, "metadata": {**metadata, "annotations": annotations}}
