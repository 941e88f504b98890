"""The state of the certificate in the Secret: the pair that is served, the next one, the trusted CAs, and the path."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from webhook.config.path_segments import read_segments

CA, CHAIN, KEY, SEGMENTS = "ca.crt", "tls.crt", "tls.key", "path-segments"
NEXT_CHAIN, NEXT_KEY = "next.crt", "next.key"


@dataclass(frozen=True)
class Pair:
    """A serving certificate and its key in PEM, with values of its fields; times are seconds since 1970."""

    chain: bytes
    key: bytes = field(repr=False)
    not_before: float = field(compare=False)
    not_after: float = field(compare=False)
    names: frozenset[str] = field(compare=False)

    def is_valid(self, now: float) -> bool:
        """Return whether `now`, in seconds since 1970, is within its validity."""
        return self.not_before <= now < self.not_after

    def pem(self) -> bytes:
        """Return key and chain as one file."""
        return self.key + self.chain


@dataclass(frozen=True)
class State:
    """The content of the Secret.

    `trusted` are CAs in PEM, the newest first; `segments` are those of the path, the one in use first.
    """

    current: Pair | None = None
    following: Pair | None = None
    trusted: tuple[bytes, ...] = ()
    segments: tuple[str, ...] = field(default=(), repr=False)

    def bundle(self) -> bytes:
        """Return all trusted CAs as one text."""
        return b"".join(self.trusted)


def read_pair(chain: bytes, key: bytes) -> Pair:
    """Return the pair of a certificate and its key in PEM; raise ValueError if they do not belong together."""
    leaf = x509.load_pem_x509_certificate(chain)
    if _public_key(key) != leaf.public_key():
        raise ValueError("the key is not that of the certificate")
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names = x509.SubjectAlternativeName([])
    hosts = [*names.get_values_for_type(x509.DNSName), *names.get_values_for_type(x509.IPAddress)]
    begin, end = leaf.not_valid_before_utc.timestamp(), leaf.not_valid_after_utc.timestamp()
    return Pair(chain, key, begin, end, frozenset(map(str, hosts)))


def _public_key(key: bytes) -> object:
    try:
        return load_pem_private_key(key, None).public_key()
    except (TypeError, UnsupportedAlgorithm):
        raise ValueError("the key is encrypted, or of an unknown kind") from None


def split_bundle(bundle: bytes) -> tuple[bytes, ...]:
    """Return each certificate of a bundle in PEM; raise ValueError if one cannot be read."""
    if not bundle.strip():
        return ()
    return tuple(found.public_bytes(Encoding.PEM) for found in x509.load_pem_x509_certificates(bundle))


def valid(certificates: Iterable[bytes], now: float) -> tuple[bytes, ...]:
    """Return the certificates in PEM that have not ended at `now`, each once, in their order."""
    return tuple(
        pem
        for pem in dict.fromkeys(certificates)
        if x509.load_pem_x509_certificate(pem).not_valid_after_utc.timestamp() > now
    )


def signers(certificates: Iterable[bytes], *pairs: Pair | None) -> tuple[bytes, ...]:
    """Return the CAs that have signed one of the pairs."""
    leaves = [x509.load_pem_x509_certificate(pair.chain) for pair in pairs if pair]
    return tuple(pem for pem in certificates if any(_signed(leaf, pem) for leaf in leaves))


def read_state(data: Mapping[str, str]) -> State:
    """Return the state in the data of a Secret; raise ValueError if it cannot be used."""
    try:
        found = {name: base64.b64decode(text or "", validate=True) for name, text in data.items()}
    except binascii.Error:
        raise ValueError("not base64") from None
    return State(
        _pair(found, CHAIN, KEY),
        _pair(found, NEXT_CHAIN, NEXT_KEY),
        split_bundle(found.get(CA, b"")),
        read_segments(found.get(SEGMENTS, b"").decode("ascii")),
    )


def data_of(state: State) -> dict[str, str]:
    """Return the data of the Secret that holds the state."""
    data = {
        CA: state.bundle(),
        SEGMENTS: "".join(f"{segment}\n" for segment in state.segments).encode("ascii"),
    }
    for pair, chain, key in ((state.current, CHAIN, KEY), (state.following, NEXT_CHAIN, NEXT_KEY)):
        if pair:
            data |= {chain: pair.chain, key: pair.key}
    return {name: base64.b64encode(text).decode("ascii") for name, text in data.items() if text}


def _pair(found: Mapping[str, bytes], chain: str, key: str) -> Pair | None:
    return read_pair(found[chain], found[key]) if found.get(chain) and found.get(key) else None


def _signed(leaf: x509.Certificate, ca: bytes) -> bool:
    try:
        leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(ca))
    except Exception:  # InvalidSignature, ValueError and TypeError: another one has signed it
        return False
    return True
