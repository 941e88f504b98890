"""The previous provider at the same socket, which hands over its tokens and leases. Only root may use the socket."""

import logging

import grpc

SERVICE = "vaultwebhook.Handover"
METHOD = "Give"
_BUDGET_S = 5.0
_OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1))
_NONE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNIMPLEMENTED)
"""Codes if no process serves there, or if it is vault-csi-provider."""
_log = logging.getLogger(__name__)


def fetch_handover(path: str) -> bytes:
    """Return the handover of the provider that serves at the socket, or no bytes if there is none."""
    with grpc.insecure_channel(f"unix:{path}", options=_OPTIONS) as channel:
        try:
            answer: bytes = channel.unary_unary(f"/{SERVICE}/{METHOD}")(b"", timeout=_BUDGET_S)
        except grpc.RpcError as error:
            if error.code() not in _NONE:
                fields = {"status": error.code().name}
                _log.warning("the provider before this one hands over nothing", extra={"fields": fields})
            return b""
    return answer
