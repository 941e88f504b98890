"""Warnings about a pod that needs the launcher: it is valid, but probably not as its author means."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Literal

from vaultkube.deadline import Deadline
from vaultkube.expansion import names_in
from vaultkube.problem import FieldPath, Problem
from vaultkube.wire.containers import Container
from vaultkube.wire.pods import PodSpec
from webhook.config.annotations import Config
from webhook.pods import launcher
from webhook.pods.account import account_mount, needs_account_token
from webhook.pods.connection import connection_warnings, replaced_warning
from webhook.pods.container import PROBES, is_wrapped
from webhook.pods.environment import FROM_PATH_VARIABLE, PREFIX
from webhook.pods.facts import Place, find_containers
from webhook.pods.frompath import FromPaths, named_containers
from webhook.pods.references import References
from webhook.pods.values import is_read

DEFAULT_ROLE = "default"
"""The role of a pod that names neither a role nor a ServiceAccount."""
_ROLE = "VAULT_ROLE"
_WORDS: tuple[Literal["command", "args"], ...] = ("command", "args")


def pod_warnings(
    pod_spec: PodSpec,
    config: Config,
    paths: FromPaths,
    wrapped: Mapping[Place, References],
) -> Iterator[Problem]:
    """Yield the warnings about the pod as a whole; `paths` are the annotation's."""
    if pod_spec.get("automountServiceAccountToken") is False:
        lacking = [
            str(pod_spec[key][index].get("name"))
            for (key, index), references in wrapped.items()
            if needs_account_token(config, references) and not account_mount(pod_spec[key][index])
        ]
        if lacking:
            message = (
                f"automountServiceAccountToken is false: vault-env in {', '.join(lacking)} will find no ServiceAccount "
                "token to log in with; the annotation vault-token-audience brings one"
            )
            yield Problem("pod", ("spec",), message)
    yield from _role_warnings(pod_spec, config, wrapped)
    yield from absent_containers(pod_spec, config, paths)


def absent_containers(pod_spec: PodSpec, config: Config, paths: FromPaths) -> Iterator[Problem]:
    """Yield a warning for each annotated name of a container that the pod does not have."""
    for field, key, names in named_containers(paths, config):
        present = {container.get("name") for _, container in find_containers(pod_spec)} if names else set()
        for name in sorted(set(names) - present):
            message = f"annotation {key}: the pod has no container {name}"
            yield Problem("pod", config.path_of(field), message)


def _role_warnings(
    pod_spec: PodSpec, config: Config, wrapped: Mapping[Place, References]
) -> Iterator[Problem]:
    """Yield a warning for each role in `env` that the webhook replaces. The role of a template is not known here."""
    role = config.role or pod_spec.get("serviceAccountName") or DEFAULT_ROLE
    for (key, index), references in wrapped.items() if "{{" not in role else ():
        container = pod_spec[key][index]
        for position, entry in enumerate((container.get("env") or ()) if _ROLE in references.names else ()):
            text = entry.get("value") or role
            if entry.get("name") == _ROLE and "$" not in text and text != role:
                warning = replaced_warning(position, _ROLE, role, config.name_of("role"))
                yield warning.inside(("spec", key, index), f"container {container.get('name') or ''}: ")


def unread_paths(references: References) -> Iterator[Problem]:
    """Yield a warning about paths in `env` of a container without the launcher, with a path relative to it."""
    paths = references.settings.get(FROM_PATH_VARIABLE)
    if paths and paths.value != b"":
        message = (
            f"variable {FROM_PATH_VARIABLE} has no effect, as vault-env does not start this container: "
            "write its paths into the annotation vault-env-from-path"
        )
        yield _warning(message, paths.path)


def container_warnings(
    container: Container, references: References, config: Config, from_path: str
) -> Iterator[Problem]:
    """Yield the warnings about one container, with paths relative to it.

    `from_path` is the text of its annotated paths.
    """
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    if is_wrapped(container):
        del words[0]
        if not words:
            yield _warning("`command` is only the launcher, without a program: write the program into `args`")
    if any(map(_starts_launcher, words)):
        yield _warning(
            "`command` or `args` start vault-env again; leave that out: the program has its secrets already"
        )
    if references.doubled:
        yield from _doubled_warnings(container, references)
    yield from connection_warnings(container, references, config, from_path)
    yield from _expansion_warnings(container, references)


def word_warnings(container: Container, deadline: Deadline) -> Iterator[Problem]:
    """Yield a warning for `command` and `args` with a reference written in a word, or behind the `=` of an option."""
    for key in _WORDS:
        words = [word for word in container.get(key) or () if isinstance(word, str) and PREFIX in word]
        if any(is_read(text, deadline) for word in words for text in (word, word.partition("=")[2])):
            yield _warning(
                f"`{key}` has a reference, which stays as it is: vault-env replaces only those in variables; write it "
                "in a variable of `env`, and let a shell read that: sh -c '… $NAME'",
                (key,),
            )


def _doubled_warnings(container: Container, references: References) -> Iterator[Problem]:
    last = {entry.get("name"): index for index, entry in enumerate(container.get("env") or ())}
    for name in dict.fromkeys(references.doubled):
        message = (
            f"variable {name} has several values, and one is a reference; the program gets the last one that is there: "
            "leave one"
        )
        yield _warning(message, ("env", last[name]) if name in last else ("envFrom",))


def _warning(message: str, path: FieldPath = ()) -> Problem:
    return Problem("container", path, message)


def _expansion_warnings(container: Container, references: References) -> Iterator[Problem]:
    """Yield a warning for each `$(NAME)` of a variable that contains a reference until the launcher runs."""
    secret = references.secret()
    if not secret:
        return
    for place, words in _expanded_words(container):
        for variable in sorted(secret.intersection(chain.from_iterable(map(names_in, words)))):
            yield _warning(
                f"$({variable}) in `{place}` becomes the reference, not the secret: the kubelet replaces it "
                f"before vault-env runs; let a shell read it: sh -c '… ${variable}'"
            )
    for index, entry in enumerate((container.get("env") or ()) if references.expands else ()):
        text = entry.get("value") or ""
        if "$(" not in text or entry.get("name") in secret:
            continue
        for variable in sorted(secret.intersection(names_in(text))):
            message = (
                f"variable {entry.get('name')}: $({variable}) becomes the reference, not the secret: the "
                "kubelet replaces it before vault-env runs; write ${vault:path#key} in its place"
            )
            yield _warning(message, ("env", index, "value"))


def _expanded_words(container: Container) -> Iterator[tuple[str, list[str]]]:
    """Yield the words that the kubelet expands, by their list."""
    for key in _WORDS:
        words = container.get(key)
        if words and (expanded := _expanded(words)):
            yield key, expanded
    for probe in PROBES:
        words = ((container.get(probe) or {}).get("exec") or {}).get("command")
        if words and (expanded := _expanded(words)):
            yield probe, expanded


def _expanded(words: Sequence[str]) -> list[str]:
    return [word for word in words if isinstance(word, str) and "$(" in word]


def _starts_launcher(word: object) -> bool:
    """Return whether the word, which may be a script, contains the launcher as a separate word."""
    return isinstance(word, str) and launcher.LAUNCHER in word.split()
