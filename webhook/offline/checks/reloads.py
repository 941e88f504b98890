"""Annotations for reloads that have no effect."""

from collections.abc import Iterator

from vaultkube.problem import FieldPath, Problem
from vaultkube.reloads import COUNT, PREFIXES, RELOAD, WORKLOADS, requests_reload
from webhook.offline.reviewable import find_objects, follow


def reload_problems(content: object) -> Iterator[Problem]:
    """Yield a problem for each annotation of reloads, on a workload or its pods, after which nothing is reloaded."""
    for reviewable in find_objects(content, ""):
        if reviewable.resource == "pods":
            for place in dict.fromkeys((reviewable.owner, reviewable.path)):
                yield from _problems(content, (*place, "metadata", "annotations"), reviewable.kind)


def _problems(content: object, path: FieldPath, kind: str) -> Iterator[Problem]:
    found = follow(content, path)
    for key, text in found.items() if isinstance(found, dict) else ():
        prefix = next((each for each in PREFIXES if str(key).startswith(each)), "")
        name = str(key).removeprefix(prefix)
        if not prefix or name == COUNT or text == "false":
            continue
        if name != RELOAD:
            yield Problem("reload", (*path, key), f"{key} has no effect: the key is {prefix}{RELOAD}")
        elif kind not in WORKLOADS.values():
            yield Problem(
                "reload", (*path, key), f"a {kind} is not reloaded: only {', '.join(WORKLOADS.values())} are"
            )
        elif not requests_reload(text):
            yield Problem("reload", (*path, key), f'{key} has no effect: its value must be "true"')
