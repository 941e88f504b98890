"""What is wrong with a pod that needs the launcher, and what is only suspicious."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vaultenv.errors import InvalidReference
from vaultenv.frompath import parse_from_path
from webhook.annotations import Config
from webhook.pods import launcher
from webhook.pods.container import is_wrapped
from webhook.pods.environment import OTHER_TOKENS, TOKEN_VARIABLE
from webhook.pods.expansion import names_in
from webhook.pods.frompath import named_containers
from webhook.pods.references import References
from webhook.pods.transit import transit_problems

Document = Mapping[str, Any]

_TOKEN_METHODS = frozenset(["jwt", "kubernetes", ""])
ACCOUNT_MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"


def needs_account_token(config: Config, references: References) -> bool:
    """Whether the container's launcher logs in with the token that Kubernetes mounts by itself."""
    elsewhere = config.token_audience or config.jwt_file or config.token_mount
    return config.auth_method in _TOKEN_METHODS and not (elsewhere or _has_own_token(references))


def _has_own_token(references: References) -> bool:
    own = references.settings.keys()
    return bool(own & OTHER_TOKENS) or (TOKEN_VARIABLE in own and TOKEN_VARIABLE not in references.rewritten)


def account_mount(container: Document) -> Document | None:
    """Return the container's mount of a ServiceAccount token: Kubernetes', or one that the pod's author has made."""
    return next(
        (
            mount
            for mount in container.get("volumeMounts") or ()
            if (mount.get("mountPath") or "").rstrip("/") == ACCOUNT_MOUNT_PATH
        ),
        None,
    )


def config_problems(config: Config) -> Iterator[str]:
    """Yield what the annotations say that cannot be, whatever the containers are."""
    try:
        items = parse_from_path(config.from_path)
    except InvalidReference as error:
        items = ()
        yield f"annotation vault-env-from-path: {error.message} ({error.reference})"
    if any(item.path.startswith("vault:") for item in items):
        yield "annotation vault-env-from-path: write the path alone, without vault: in front"
    if config.token_audience and config.jwt_file:
        yield "annotations vault-token-audience and vault-jwt-file: set one of them"


def reference_problems(references: References, config: Config) -> Iterator[str]:
    """Yield what is wrong with the references of one container."""
    yield from references.problems
    yield from transit_problems(references, config)


def mount_problems(container: Document, config: Config) -> Iterator[str]:
    """Yield a problem for each mount of the container that stands where the webhook must mount."""
    taken = {mount["mountPath"]: mount["name"] for mount in launcher.mounts(config)}
    for mount in container.get("volumeMounts") or ():
        path = (mount.get("mountPath") or "").rstrip("/")
        if path in taken and mount.get("name") != taken[path]:
            yield (
                f"container {container.get('name')}: mounts volume {mount.get('name')} at {path}, "
                "where vault-env needs its own; mount it elsewhere"
            )


def name_problems(pod_spec: Document) -> Iterator[str]:
    """Yield a problem for a container that has the name of the one that the webhook adds, and is another."""
    for key in ("initContainers", "containers"):
        for container in pod_spec.get(key) or ():
            if container.get("name") == launcher.INIT_CONTAINER and not launcher.is_init_container(container):
                yield f"container {launcher.INIT_CONTAINER} of the pod has the name of the webhook's; rename it"


def volume_problems(pod_spec: Document, config: Config) -> Iterator[str]:
    """Yield a problem for each volume that has the name of one that the webhook adds, and is another."""
    expected = {volume["name"]: volume for volume in launcher.volumes(config)}
    present = set()
    for volume in pod_spec.get("volumes") or ():
        present.add(volume.get("name"))
        added = expected.get(volume.get("name"))
        if added and not launcher.is_volume(volume, added):
            yield f"volume {volume['name']} of the pod has the name of a volume that the webhook adds; rename it"
    if config.token_mount and config.token_mount[0] not in present:
        yield f"annotation token-auth-mount: the pod has no volume {config.token_mount[0]}; add it or correct the name"


def pod_warnings(
    pod_spec: Document, config: Config, wrapped: Mapping[tuple[str, int], References]
) -> Iterator[str]:
    """Yield what is legal and probably not meant, of the pod as a whole; `wrapped` are the containers with the launcher."""
    if pod_spec.get("automountServiceAccountToken") is False:
        lacking = [
            str(pod_spec[key][index].get("name"))
            for (key, index), references in wrapped.items()
            if needs_account_token(config, references) and not account_mount(pod_spec[key][index])
        ]
        if lacking:
            yield (
                f"automountServiceAccountToken is false: vault-env in {', '.join(lacking)} will find no ServiceAccount "
                "token to log in with; the annotation vault-token-audience brings one"
            )
    names = {
        container.get("name")
        for key in ("initContainers", "containers")
        for container in pod_spec.get(key) or ()
    }
    for key, wanted in named_containers(config).items():
        for name in sorted(set(wanted) - names):
            yield f"annotation {key}: the pod has no container {name}"


def container_warnings(container: Document, references: References) -> Iterator[str]:
    """Yield what is legal and probably not meant, of one container."""
    name = container.get("name")
    if is_wrapped(container) and not container.get("args"):
        yield f"container {name}: `command` is the launcher alone, without a program in `args`"
    if is_wrapped(container) and any(_starts_launcher(word) for word in container.get("args") or ()):
        yield f"container {name}: `args` start vault-env again; leave that out: the program has its secrets already"
    secret = references.secret()
    for key in ("command", "args"):
        for variable in sorted(secret & set(_names_in(container.get(key) or ()))):
            yield (
                f"container {name}: $({variable}) in `{key}` becomes the reference, not the secret: the kubelet replaces it "
                f"before vault-env runs; let a shell read it: sh -c '… ${variable}'"
            )


def _starts_launcher(word: Any) -> bool:
    """Whether the word, which may be a script, holds the launcher as a word of its own."""
    return isinstance(word, str) and launcher.LAUNCHER in word.split()


def _names_in(words: Iterable[Any]) -> Iterator[str]:
    for word in words:
        if isinstance(word, str):
            yield from names_in(word)
