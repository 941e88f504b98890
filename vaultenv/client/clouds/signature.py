"""AWS Signature Version 4
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
"""

from __future__ import annotations

from vaultenv.basics.digest import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_ALGORITHM = "AWS4-HMAC-SHA256"
_BLOCK = 64


def _hmac(key: bytes, message: str) -> bytes:
    """Return the HMAC with SHA-256 (RFC 2104)."""
    padded = (sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner = sha256(bytes(byte ^ 0x36 for byte in padded) + message.encode()).digest()
    return bytes(sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest())


def authorization(
    headers: Mapping[str, str], body: str, region: str, service: str, key_id: str, secret: str, stamp: str
) -> str:
    """Return the Authorization header of a POST to `/`; `stamp` is the time in X-Amz-Date, which must be
    among `headers`.
    """
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    names = ";".join(sorted(lower))
    canonical = "\n".join(
        (
            "POST",
            "/",
            "",
            *(f"{name}:{lower[name]}" for name in sorted(lower)),
            "",
            names,
            sha256(body.encode()).hexdigest(),
        )
    )
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, stamp, scope, sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{secret}".encode()
    for part in (stamp[:8], region, service, "aws4_request"):
        key = _hmac(key, part)
    signature = _hmac(key, to_sign).hex()
    return f"{_ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
