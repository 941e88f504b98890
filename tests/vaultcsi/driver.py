"""The driver's side of the socket: grpcio as a client, and the driver's attributes of a pod and its class."""

import json
from collections.abc import Mapping
from typing import Any

import grpc

from vaultcsi.serving.messages import (
    MOUNT_REQUEST,
    MOUNT_RESPONSE,
    SERVICE,
    VERSION_REQUEST,
    VERSION_RESPONSE,
)
from vaultcsi.serving.protobuf import Description, Message, decode, encode

_POD = "csi.storage.k8s.io/"


def attributes(
    pod: Mapping[str, Any], parameters: Mapping[str, str], tokens: object = None
) -> dict[str, str]:
    """Return the driver's attributes of a volume: the class's parameters, and the facts about the pod."""
    metadata = pod["metadata"]
    facts = {
        "pod.name": metadata["name"],
        "pod.namespace": metadata["namespace"],
        "pod.uid": metadata["uid"],
        "serviceAccount.name": pod["spec"]["serviceAccountName"],
        "serviceAccount.tokens": json.dumps(tokens) if tokens else "",
    }
    return {**parameters, **{_POD + name: value for name, value in facts.items()}}


class Driver:
    """Calls the provider at a socket as the driver does."""

    def __init__(self, socket: str) -> None:
        self._channel = grpc.insecure_channel(
            f"unix:{socket}", options=[("grpc.use_local_subchannel_pool", 1)]
        )

    def version(self) -> Message:
        """Return the answer to Version."""
        return self._call("Version", VERSION_REQUEST, VERSION_RESPONSE, {"version": "v1alpha1"}, 10)

    def mount(self, attributes: Mapping[str, str], timeout_s: float = 20, permission: str = "420") -> Message:
        """Return the answer to Mount; raise grpc.RpcError."""
        request = {
            "attributes": json.dumps(dict(attributes)),
            "secrets": "null",
            "target_path": "/var/lib/kubelet/pods/uid/volumes/kubernetes.io~csi/creds/mount",
            "permission": permission,
        }
        return self._call("Mount", MOUNT_REQUEST, MOUNT_RESPONSE, request, timeout_s)

    def files(self, attributes: Mapping[str, str], **options: Any) -> dict[str, bytes]:
        """Return the content of each mounted file by its name."""
        return {file["path"]: file["contents"] for file in self.mount(attributes, **options)["files"]}

    def refusal(self, attributes: Mapping[str, str], **options: Any) -> tuple[str, str]:
        """Return status and message of a refused mount."""
        try:
            answer = self.mount(attributes, **options)
        except grpc.RpcError as error:
            return error.code().name, error.details()
        raise AssertionError(f"mounted: {[file['path'] for file in answer['files']]}")

    def close(self) -> None:
        """End the connection."""
        self._channel.close()

    def _call(
        self, method: str, request: Description, response: Description, message: Message, timeout_s: float
    ) -> Message:
        call = self._channel.unary_unary(
            f"/{SERVICE}/{method}",
            request_serializer=lambda message: encode(request, message),
            response_deserializer=lambda data: decode(response, data),
        )
        answer: Message = call(message, timeout=timeout_s, wait_for_ready=True)
        return answer
