"""The gRPC server on the driver's socket, with limits of threads, of waiting calls, and of bytes in a request."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import grpc

from vaultcsi.serving import predecessor
from vaultcsi.serving.messages import (
    MOUNT_REQUEST,
    MOUNT_RESPONSE,
    SERVICE,
    VERSION_REQUEST,
    VERSION_RESPONSE,
)
from vaultcsi.serving.protobuf import Description, Message, decode, encode
from vaultcsi.serving.service import Refusal, Service
from vaultcsi.serving.socket_file import SocketFile
from vaultkube.deadline import Deadline

_MOST_CALLS = 1024
"""Calls that run or wait for a thread; a node has a few hundred pods, and the kubelet retries refused calls."""
_LONGEST_REQUEST = 4 << 20
_OPTIONS = (
    ("grpc.max_receive_message_length", _LONGEST_REQUEST),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),
)


class Server:
    """Serves the driver from `start` to `stop`."""

    def __init__(
        self,
        service: Service,
        socket: SocketFile,
        threads: int,
        mount_timeout_s: float,
        handover: Callable[[], bytes],
    ) -> None:
        """`handover` returns the bytes for the next provider."""
        self._service = service
        self._socket = socket
        self._timeout_s = mount_timeout_s
        pool = ThreadPoolExecutor(threads, thread_name_prefix="mount")
        self._server = grpc.server(pool, options=_OPTIONS, maximum_concurrent_rpcs=_MOST_CALLS)
        handlers = {
            "Version": _handler(self._version, VERSION_REQUEST, VERSION_RESPONSE),
            "Mount": _handler(self._mount, MOUNT_REQUEST, MOUNT_RESPONSE),
        }
        next_provider = {
            predecessor.METHOD: grpc.unary_unary_rpc_method_handler(lambda _request, _context: handover())
        }
        self._server.add_generic_rpc_handlers(
            (
                grpc.method_handlers_generic_handler(SERVICE, handlers),
                grpc.method_handlers_generic_handler(predecessor.SERVICE, next_provider),
            )
        )

    def start(self) -> None:
        """Serve at the path of the socket, in place of any earlier server; raise OSError or RuntimeError."""
        self._socket.prepare()
        self._server.add_insecure_port(f"unix:{self._socket.own_path}")
        self._server.start()
        self._socket.take_over()

    def stop(self, grace_s: float) -> None:
        """Accept no more calls, and return when the running ones are done, at the latest after `grace_s`."""
        self._socket.leave()
        self._server.stop(grace_s).wait()

    def _version(self, request: Message, _context: grpc.ServicerContext) -> Message:
        return self._service.version(request)

    def _mount(self, request: Message, context: grpc.ServicerContext) -> Message:
        remaining_s = context.time_remaining()
        budget_s = self._timeout_s if remaining_s is None else min(remaining_s, self._timeout_s)
        try:
            return self._service.mount(request, Deadline(budget_s))
        except Refusal as refusal:
            _abort(context, refusal)


def _abort(context: grpc.ServicerContext, refusal: Refusal) -> NoReturn:
    context.abort(getattr(grpc.StatusCode, refusal.status), refusal.message)
    raise AssertionError("abort raises")


def _handler(
    function: Callable[[Message, Any], Message], request: Description, response: Description
) -> grpc.RpcMethodHandler:
    return grpc.unary_unary_rpc_method_handler(
        function,
        request_deserializer=lambda data: decode(request, data),
        response_serializer=lambda message: encode(response, message),
    )
