"""What is legal about a pod that needs the launcher, and probably not meant."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from webhook.config.annotations import Config
from webhook.pods import launcher
from webhook.pods.account import account_mount, needs_account_token
from webhook.pods.container import PROBES, is_wrapped
from webhook.pods.expansion import names_in
from webhook.pods.frompath import FromPaths, named_containers
from webhook.pods.references import References

Document = Mapping[str, Any]


def pod_warnings(
    pod_spec: Document,
    config: Config,
    paths: FromPaths,
    wrapped: Mapping[tuple[str, int], References],
) -> Iterator[str]:
    """Yield what is legal and probably not meant, of the pod as a whole; `paths` are the annotation's."""
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
    for key, wanted in named_containers(paths, config).items():
        for name in sorted(set(wanted) - _names(pod_spec)) if wanted else ():
            yield f"annotation {key}: the pod has no container {name}"


def _names(pod_spec: Document) -> set[Any]:
    return {
        container.get("name")
        for key in ("initContainers", "containers")
        for container in pod_spec.get(key) or ()
    }


def container_warnings(container: Document, references: References) -> Iterator[str]:
    """Yield what is legal and probably not meant, of one container."""
    name = container.get("name")
    if is_wrapped(container):
        args = container.get("args") or ()
        if not args:
            yield f"container {name}: `command` is the launcher alone, without a program in `args`"
        if any(_starts_launcher(word) for word in args):
            yield f"container {name}: `args` start vault-env again; leave that out: the program has its secrets already"
    yield from _expansion_warnings(container, references)


def _expansion_warnings(container: Document, references: References) -> Iterator[str]:
    """Yield a warning for each place where `$(NAME)` stands for a variable that holds a reference until the launcher runs."""
    secret = references.secret()
    if not secret:
        return
    name = container.get("name")
    for place, words in _expanded_words(container):
        for variable in sorted(secret.intersection(chain.from_iterable(map(names_in, words)))):
            yield (
                f"container {name}: $({variable}) in `{place}` becomes the reference, not the secret: the kubelet replaces it "
                f"before vault-env runs; let a shell read it: sh -c '… ${variable}'"
            )
    for entry in (container.get("env") or ()) if references.expands else ():
        text = entry.get("value") or ""
        if "$(" not in text or entry.get("name") in secret:
            continue
        for variable in sorted(secret.intersection(names_in(text))):
            yield (
                f"container {name}: variable {entry.get('name')}: $({variable}) becomes the reference, not the secret: the "
                "kubelet replaces it before vault-env runs; write ${vault:path#key} in its place"
            )


def _expanded_words(container: Document) -> Iterator[tuple[str, list[str]]]:
    """Yield the words that the kubelet expands, by the list that they stand in."""
    lists = [(key, container.get(key)) for key in ("command", "args")]
    lists += [
        (key, (container[key].get("exec") or {}).get("command")) for key in PROBES if container.get(key)
    ]
    for key, words in lists:
        expanded = [word for word in words or () if isinstance(word, str) and "$(" in word]
        if expanded:
            yield key, expanded


def _starts_launcher(word: Any) -> bool:
    """Whether the word, which may be a script, holds the launcher as a word of its own."""
    return isinstance(word, str) and launcher.LAUNCHER in word.split()
