"""Registers a CSI driver with the kubelet, as node-driver-registrar does: `NAME DRIVER-SOCKET`, in the node's namespaces.

The kubelet watches a folder, connects to each new socket in it, and calls pluginregistration.Registration: GetInfo, then
NotifyRegistrationStatus. The socket must stay: its removal unregisters the driver.
https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/ describes the same registry.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

from vaultcsi.serving.protobuf import Description, Field, Message, decode, encode

_FOLDER = Path("/var/lib/kubelet/plugins_registry")
_PLUGIN_INFO: Description = {
    1: Field("type", str),
    2: Field("name", str),
    3: Field("endpoint", str),
    4: Field("supported_versions", str, repeated=True),
}
_STATUS: Description = {2: Field("error", str)}


def main(name: str, endpoint: str) -> None:
    """Serve the kubelet until the process is killed."""

    def info(_request: Message, _context: object) -> Message:
        return {"type": "CSIPlugin", "name": name, "endpoint": endpoint, "supported_versions": ["1.0.0"]}

    def status(request: Message, _context: object) -> Message:
        print(f"the kubelet has registered it {request['error']}", flush=True)
        return {}

    handlers = {
        "GetInfo": _handler(info, {}, _PLUGIN_INFO),
        "NotifyRegistrationStatus": _handler(status, _STATUS, {}),
    }
    service = grpc.method_handlers_generic_handler("pluginregistration.Registration", handlers)
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((service,))
    socket = _FOLDER / f"{name}-reg.sock"
    socket.unlink(missing_ok=True)
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    server.wait_for_termination()


def _handler(function: object, request: Description, response: Description) -> grpc.RpcMethodHandler:
    return grpc.unary_unary_rpc_method_handler(
        function,
        request_deserializer=lambda data: decode(request, data),
        response_serializer=lambda message: encode(response, message),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
