"""The names of images: https://github.com/distribution/reference, a little stricter.

    [HOST[:PORT]/]REPOSITORY[:TAG][@ALGORITHM:HEX]

The first part is a host if and only if it contains `.` or `:` or is `localhost`; without a host the image is Docker
Hub's, where names without a slash are below `library/`. Refused although some tools accept them: capitals in a
repository, ports outside 1 to 65535, 64 hex digits as a name, digests other than sha256 and sha512.
"""

import ipaddress
import re
from dataclasses import dataclass

from webhook.registry.failures import Kind, RegistryFailure

DOCKER_HUB = "docker.io"
DEFAULT_PORTS = {"http": 80, "https": 443}
_HUB_ALIASES = frozenset({DOCKER_HUB, "index.docker.io"})
_HUB_API = "registry-1.docker.io"
_MAX_REPOSITORY = 255
_MAX_HOST = 253

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_HOST = re.compile(
    rf"(?P<name>{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:.]{{2,45}}\])(?::(?P<port>[1-9][0-9]{{0,4}}))?"
)
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_HEX_NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Host:
    """A host name or an address, IPv6 without brackets, and a port (0: the default of the scheme)."""

    name: str
    port: int = 0

    def __str__(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{name}:{self.port}" if self.port else name

    def with_port(self, default_port: int) -> str:
        """Return HOST:PORT, even if the port is the default of the scheme."""
        return str(Host(self.name, self.port or default_port))


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An image's full name; `tag` is empty if the name has only a digest, `digest` if it has none."""

    host: str
    repository: str
    tag: str
    digest: str

    @property
    def tag_or_digest(self) -> str:
        """Return the digest, else the tag, for a request."""
        return self.digest or self.tag

    @property
    def name(self) -> str:
        """Return host and repository, with which pull secrets are matched."""
        return f"{self.host}/{self.repository}"

    @property
    def api(self) -> Host:
        """Return the host of the registry's API."""
        return parse_host(_HUB_API if self.host == DOCKER_HUB else self.host)


def parse_reference(image: str) -> ImageReference:
    """Return the parts of an image's name; raise RegistryFailure (INVALID_REFERENCE)."""
    rest, separator, digest = image.partition("@")
    if separator and not _DIGEST.fullmatch(digest):
        raise _invalid("the digest is not sha256 or sha512 in lower-case hex")
    head, slash, tail = rest.partition("/")
    if slash and (head == "localhost" or "." in head or ":" in head):
        host, path = str(parse_host(head, preserve_case=True)), tail
    else:
        host, path = DOCKER_HUB, rest
    repository, colon, tag = path.partition(":")
    if colon and not _TAG.fullmatch(tag):
        raise _invalid("the tag holds other characters than letters, digits, '_', '.' and '-'")
    if host in _HUB_ALIASES:
        host, repository = DOCKER_HUB, _in_library(repository)
    if len(repository) > _MAX_REPOSITORY or not _REPOSITORY.fullmatch(repository):
        raise _invalid("the repository is not lower-case letters, digits and single separators")
    return ImageReference(host, repository, tag or ("" if digest else "latest"), digest)


def pinned(image: str, digest: str) -> str:
    """Return the image's name with the digest that was read, so that the pod runs exactly that image."""
    return image if "@" in image else f"{image}@{digest}"


def parse_host(text: str, *, preserve_case: bool = False) -> Host:
    """Return the host in `NAME[:PORT]`; raise RegistryFailure (INVALID_REFERENCE)."""
    found = _HOST.fullmatch(text)
    port = int(found["port"] or 0) if found else 0
    if not found or port > 65535 or len(found["name"]) > _MAX_HOST:
        raise _invalid("the registry is not HOST[:PORT]")
    name = found["name"]
    if name.startswith("["):
        return Host(_ipv6(name[1:-1]), port)
    return Host(name if preserve_case else name.lower(), port)


def _ipv6(text: str) -> str:
    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError:
        raise _invalid("the registry is not an IPv6 address in brackets") from None


def _in_library(repository: str) -> str:
    if _HEX_NAME.fullmatch(repository):
        raise _invalid("64 hex digits are an image's id, not its name")
    return repository if "/" in repository else f"library/{repository}"


def _invalid(detail: str) -> RegistryFailure:
    return RegistryFailure(Kind.INVALID_REFERENCE, detail)
