"""The credentials in pull secrets for an image, selected by the kubelet's rules.

https://kubernetes.io/docs/concepts/containers/images/#config-json and, for what that page leaves open,
k8s.io/kubernetes/pkg/credentialprovider (keyring.go, config.go).
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vaultkube.documents.base64 import decoded
from vaultkube.documents.utf8 import utf8
from webhook.registry.documents import InvalidDocument, parse_document
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.hosts import same_labels
from webhook.registry.query import PullSecret
from webhook.registry.reference import DOCKER_HUB, ImageReference

DOCKER_CONFIG_JSON = "kubernetes.io/dockerconfigjson"
DOCKER_CFG = "kubernetes.io/dockercfg"
_DATA_KEYS: Mapping[str, str] = {DOCKER_CONFIG_JSON: ".dockerconfigjson", DOCKER_CFG: ".dockercfg"}
_HUB_KEY = "index.docker.io"


@dataclass(frozen=True, slots=True)
class Credential:
    """A user with a password, or an identity token (a refresh token); all are empty for anonymous access."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    @property
    def anonymous(self) -> bool:
        """Return whether the credential is empty."""
        return not (self.username or self.password or self.identity_token)

    def basic(self) -> str:
        """Return the value of an `Authorization` header (RFC 7617, UTF-8)."""
        user = self.username or ("<token>" if self.identity_token else "")
        secret = f"{user}:{self.password or self.identity_token}"
        return "Basic " + base64.b64encode(utf8(secret)).decode()


ANONYMOUS = Credential()


def read_pull_secret(secret: Mapping[str, object]) -> PullSecret | None:
    """Return the pull secret in a Secret of the API; None if it has no data for its type."""
    metadata, data, kind = secret.get("metadata"), secret.get("data"), str(secret.get("type", ""))
    content = decoded(data.get(_DATA_KEYS.get(kind, ""))) if isinstance(data, Mapping) else None
    if content is None:
        return None
    named = metadata if isinstance(metadata, Mapping) else {}
    return PullSecret(str(named.get("namespace", "")), str(named.get("name", "")), kind, content)


def candidates(
    reference: ImageReference, own: Iterable[PullSecret], default: Iterable[PullSecret] = ()
) -> tuple[Credential, ...]:
    """Return the credentials to try in order, `own` before `default`, each once; the anonymous one if none matches.

    Raises RegistryFailure (INVALID_PULL_SECRET) for a secret that cannot be parsed, as the kubelet fails too.
    """
    found = [*_matching(reference, own), *_matching(reference, default)]
    return tuple(dict.fromkeys(found)) or (ANONYMOUS,)


def _matching(reference: ImageReference, secrets: Iterable[PullSecret]) -> list[Credential]:
    entries: dict[str, list[Credential]] = {}
    for secret in secrets:
        for key, credential in _entries(secret):
            entries.setdefault(key, []).append(credential)
    matching = [entries[key] for key in sorted(entries, reverse=True) if _key_matches(key, reference)]
    if not matching and reference.host == DOCKER_HUB:
        matching = [entries.get(_HUB_KEY, [])]
    return [credential for group in matching for credential in group]


def _key_matches(key: str, reference: ImageReference) -> bool:
    host, _, path = key.partition("/")
    image_host, _, repository = reference.name.partition("/")
    name, port = _split_port(host)
    image_name, image_port = _split_port(image_host)
    return port == image_port and repository.startswith(path) and same_labels(name, image_name)


def _split_port(host: str) -> tuple[str, str]:
    if host.startswith("[") and "]" in host:
        name, _, port = host.partition("]")
        return name[1:], port.removeprefix(":")
    name, _, port = host.partition(":")
    return name, port


def _entries(secret: PullSecret) -> list[tuple[str, Credential]]:
    """Return the secret's normalised keys, which may repeat, with their credentials; none without data for its type."""
    if secret.type not in _DATA_KEYS or not secret.data:
        return []
    try:
        document = parse_document(secret.data)
        auths = document.get("auths") if secret.type == DOCKER_CONFIG_JSON else document
        found = [(_normalised(key), _credential(_mapping(entry))) for key, entry in _mapping(auths).items()]
    except InvalidDocument as error:
        detail = f"secret {secret.namespace}/{secret.name}: {error}"
        raise RegistryFailure(Kind.INVALID_PULL_SECRET, detail) from None
    return [(key, credential) for key, credential in found if key]


def _normalised(key: str) -> str:
    """Return a key without its scheme, a leading /v1/ or /v2/, and a path that is only a slash."""
    host, slash, rest = key.removeprefix("https://").removeprefix("http://").partition("/")
    path = slash + rest
    if path.startswith(("/v1/", "/v2/")):
        path = path[3:]
    return host + ("" if path == "/" else path)


def _credential(entry: Mapping[str, object]) -> Credential:
    username, password = _text(entry, "username"), _text(entry, "password")
    if auth := _text(entry, "auth"):
        username, password = _decoded(auth)
    return Credential(username, password, _text(entry, "identitytoken"))


def _decoded(auth: str) -> tuple[str, str]:
    text = "".join(auth.split())  # base64(1) breaks lines, and Go ignores that
    try:
        pair = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidDocument("an `auth` is not base64 of UTF-8 text") from None
    username, colon, password = pair.partition(":")
    if not colon:
        raise InvalidDocument("an `auth` has no colon between user and password")
    return username, password


def _mapping(value: object) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidDocument("a value is not an object")
    return value


def _text(entry: Mapping[str, object], name: str) -> str:
    value = entry.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidDocument(f"`{name}` is not text")
    return value or ""
