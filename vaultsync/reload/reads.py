"""Reads: the Vault paths that an admitted pod reads, and the login that each of its containers uses for them. Pure.

They are found in the pod after the webhook's mutation, which has applied annotations, defaults and settings: in the
containers that the launcher starts, and in the variables that configure it (`vaultenv/variables.py`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vaultenv.client.logins import mount_of
from vaultenv.errors import VaultEnvError
from vaultenv.references.frompath import parse_from_path
from vaultenv.references.grammar import parse
from vaultenv.references.parts import LOGIN
from vaultenv.settings import Settings
from vaultenv.template.consul.analysis import analyse
from vaultenv.template_sources import TemplateSource
from vaultsync.reload.environment import Room, Source, Sources, environment_of, sources_of

_LAUNCHER = "vault-env"
_INSTALL = "--install"
_LISTS = ("initContainers", "containers")
_METHODS = ("jwt", "kubernetes")
_DOCUMENTS = frozenset(["VAULT_ENV_FROM_PATH", "VAULT_ENV_TEMPLATES", "VAULT_ENV_AGENT"])


@dataclass(frozen=True)
class PodLogin:
    """A login with a token of the pod's ServiceAccount; `ca_secret` and `ca_key` name an entry of a Secret beside the pod."""

    address: str
    mount: str
    role: str
    service_account: str
    vault_namespace: str = ""
    audience: str = ""
    ca_secret: str = ""
    ca_key: str = ""
    ca: str = field(default="", repr=False)
    server_name: str = ""
    skip_verify: bool = False
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def url(self, path: str) -> str:
        """Return the URL of a path, which identifies it among the paths of all Vaults."""
        namespace = f"{self.vault_namespace.strip('/')}/" if self.vault_namespace else ""
        return f"{self.address}/v1/{namespace}{path}"


class PodReads(NamedTuple):
    """Paths of which the latest version is read, by their login, and messages about unknown reads of the pod."""

    paths: Mapping[PodLogin, tuple[str, ...]]
    problems: tuple[str, ...]


class _Unreadable(Exception):
    """A container whose login or paths cannot be known; the message says why."""


def sources_of_pod(pod: Mapping[str, Any]) -> set[Source]:
    """Return the ConfigMaps and Secrets with variables of the containers that the launcher starts."""
    return {source for container in _launched(pod) for source in sources_of(container)}


def reads_of(pod: Mapping[str, Any], sources: Sources) -> PodReads:
    """Return the pod's reads, without references with a version, writes and ciphertexts, which never get another one."""
    paths: dict[PodLogin, dict[str, None]] = {}
    problems = []
    room = Room()
    for container in _launched(pod):
        try:
            environ = environment_of(container, sources, room)
            settings = Settings({name.encode(): value for name, value in environ.items()})
            found = dict.fromkeys([*_paths_in_values(environ), *_paths_in_documents(settings)])
            if found:
                paths.setdefault(_login(pod, container, settings), {}).update(found)
        except (_Unreadable, VaultEnvError, ValueError) as error:
            message = str(error) if isinstance(error, _Unreadable) else "its variables cannot be read"
            problems.append(f"container {container['name']}: {message}")
    return PodReads({login: tuple(found) for login, found in paths.items()}, tuple(problems))


def _launched(pod: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key in _LISTS:
        for container in pod["spec"].get(key) or ():
            command = container.get("command") or [""]
            if command[0].rpartition("/")[2] == _LAUNCHER and command[1:2] != [_INSTALL]:
                yield container


def _paths_in_values(environ: Mapping[str, bytes]) -> Iterator[str]:
    for name, value in environ.items():
        if name not in _DOCUMENTS:
            parsed = parse(value)
            yield from (path for path, version in (parsed.reads() if parsed else ()) if not version)


def _paths_in_documents(settings: Settings) -> Iterator[str]:
    yield from (item.path for item in parse_from_path(settings.from_path) if not item.version)
    files = settings.agent.files if settings.agent else ()
    for source in (*settings.templates, *(file.source for file in files)):
        yield from _paths_in_template(source)


def _paths_in_template(source: TemplateSource) -> Iterator[str]:
    """Yield the paths that a template source reads, without computed paths, which only the launcher's start knows."""
    texts = [source.path]
    if source.template:
        mentions = analyse(source.template, source.name, source.left, source.right).mentions
        texts += [mention.path or "" for mention in mentions if not mention.writes]
    for text in texts:
        path, _, query = text.partition("#")[0].partition("?")
        if path and "version=" not in query:
            yield path.strip("/")


def _login(pod: Mapping[str, Any], container: Mapping[str, Any], settings: Settings) -> PodLogin:
    if settings.auth_method not in _METHODS or settings.unwrap_token:
        raise _Unreadable(f"it logs in by {settings.auth_method}, which the operator cannot do for it")
    if settings.token_file or settings.token.encode() not in (b"", LOGIN):
        raise _Unreadable("it has a token of its own, and no login that could be done in its place")
    if not settings.address.startswith(("http://", "https://")):
        raise _Unreadable("it reads no server: VAULT_ADDR names a file")
    ca_secret, ca_key = _ca(pod, container, settings)
    return PodLogin(
        address=settings.address.rstrip("/"),
        mount=mount_of(settings).strip("/"),
        role=settings.role,
        service_account=pod["spec"].get("serviceAccountName") or "default",
        vault_namespace=settings.namespace,
        audience=_audience(pod, container, settings),
        ca_secret=ca_secret,
        ca_key=ca_key,
        ca=settings.ca_bytes,
        server_name=settings.server_name,
        skip_verify=settings.skip_verify,
        headers=tuple(sorted(settings.headers.items())),
    )


def _ca(pod: Mapping[str, Any], container: Mapping[str, Any], settings: Settings) -> tuple[str, str]:
    """Return the Secret and the key of Vault's CA; empty if the container has no CA from a Secret."""
    volume, file = _volume_of(pod, container, settings.ca_file)
    secret = volume.get("secret") or {}
    named = {item["path"]: item["key"] for item in secret.get("items") or ()}
    return (str(secret["secretName"]), named.get(file, file)) if secret else ("", "")


def _audience(pod: Mapping[str, Any], container: Mapping[str, Any], settings: Settings) -> str:
    """Return the audience of the token that the container logs in with, "" for the API server's."""
    volume, file = _volume_of(pod, container, settings.jwt_file)
    for source in (volume.get("projected") or {}).get("sources") or ():
        token = source.get("serviceAccountToken") or {}
        if token.get("path") == file:
            return str(token.get("audience") or "")
    return ""


def _volume_of(
    pod: Mapping[str, Any], container: Mapping[str, Any], file: str
) -> tuple[Mapping[str, Any], str]:
    """Return the volume that a file of the container is in, empty for none, and the file's path in it."""
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or ()}
    for mount in container.get("volumeMounts") or ():
        folder = mount["mountPath"].rstrip("/") + "/"
        if file.startswith(folder):
            return volumes.get(mount["name"], {}), file[len(folder) :]
    return {}, ""
