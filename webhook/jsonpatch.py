"""The difference of two JSON documents as an RFC 6902 patch."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Operation = dict[str, Any]


def diff(old: Any, new: Any) -> list[Operation]:
    """Return the operations that turn `old` into `new`, in the order of the document.

    Parts that both share by identity cost nothing, so build `new` by replacing only what changes. Lists are compared
    by position, after the items that both begin and end with; what is new in the middle stands before or after the
    rest, by the name of the first item.
    """
    return list(_diff(old, new, ""))


def apply(document: Any, operations: Iterable[Operation]) -> Any:
    """Return `document` after `operations` as `diff` makes them; what they do not touch is shared."""
    for operation in operations:
        steps = [_unescape(step) for step in operation["path"].split("/")[1:]]
        document = _apply(document, steps, operation)
    return document


def _apply(document: Any, steps: Sequence[str], operation: Operation) -> Any:
    if not steps:
        return operation["value"]
    new = list(document) if isinstance(document, list) else dict(document)
    step: Any = int(steps[0]) if isinstance(new, list) else steps[0]
    if len(steps) > 1:
        new[step] = _apply(new[step], steps[1:], operation)
    elif operation["op"] == "remove":
        del new[step]
    elif operation["op"] == "add" and isinstance(new, list):
        new.insert(step, operation["value"])
    else:
        new[step] = operation["value"]
    return new


def _diff(old: Any, new: Any, path: str) -> Iterator[Operation]:
    if old is new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _diff_objects(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _diff_lists(old, new, path)
    elif not _same(old, new):
        yield {"op": "replace", "path": path, "value": new}


def _diff_objects(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Operation]:
    for key in old:
        if key not in new:
            yield {"op": "remove", "path": f"{path}/{_escape(key)}"}
    for key, value in new.items():
        pointer = f"{path}/{_escape(key)}"
        if key in old:
            yield from _diff(old[key], value, pointer)
        else:
            yield {"op": "add", "path": pointer, "value": value}


def _diff_lists(old: Sequence[Any], new: Sequence[Any], path: str) -> Iterator[Operation]:
    if len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _diff(before, after, f"{path}/{index}")
        return
    shorter = min(len(old), len(new))
    start = next((i for i in range(shorter) if not _same(old[i], new[i])), shorter)
    rest = shorter - start
    end = next((i for i in range(rest) if not _same(old[-1 - i], new[-1 - i])), rest)
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    paired = min(len(before), len(after))
    for index in range(len(before) - 1, paired - 1, -1):
        yield {"op": "remove", "path": f"{path}/{start + index}"}
    added = len(after) - paired
    first = paired if paired and _name(before[0]) == _name(after[0]) else 0
    for index in range(first, first + added):
        yield {"op": "add", "path": f"{path}/{start + index}", "value": after[index]}
    for index in range(paired):
        position = index if first else added + index
        yield from _diff(before[index], after[position], f"{path}/{start + position}")


def _name(item: Any) -> Any:
    """What tells the items of a Kubernetes list apart, where they have it."""
    return item.get("name") if isinstance(item, Mapping) else None


def _same(old: Any, new: Any) -> bool:
    """Equality of JSON values: `True` is not 1, and 1 is 1.0."""
    if old is new:
        return True
    if isinstance(old, bool) or isinstance(new, bool):
        return False
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return bool(old == new)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _unescape(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")
