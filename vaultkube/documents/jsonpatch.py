"""The difference of two JSON documents as an RFC 6902 patch."""

from collections.abc import Iterable, Sequence
from itertools import compress, repeat
from operator import is_not
from typing import Any

Operation = dict[str, Any]

_ABSENT = object()


def diff(old: Any, new: Any) -> list[Operation]:
    """Return the operations that turn `old` into `new`, in the order of the document.

    Parts that both share by identity take no time, so build `new` by replacing only changed parts. Lists are compared by
    position, without the items that both begin and end with; new items in the middle are added before or after the
    others, depending on the name of the first item.
    """
    operations: list[Operation] = []
    _diff(old, new, "", operations)
    return operations


def apply(document: Any, operations: Iterable[Operation]) -> Any:
    """Return `document` after operations from `diff`; the result shares all unchanged parts with `document`."""
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


def _diff(old: Any, new: Any, path: str, found: list[Operation]) -> None:
    """Add the operations that turn `old` into `new` to those already `found`."""
    if old is new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        _diff_objects(old, new, path, found)
    elif isinstance(old, list) and isinstance(new, list):
        _diff_lists(old, new, path, found)
    elif not same(old, new):
        found.append({"op": "replace", "path": path, "value": new})


def _diff_objects(old: dict[str, Any], new: dict[str, Any], path: str, found: list[Operation]) -> None:
    if not old.keys() <= new.keys():
        gone = (key for key in old if key not in new)
        found.extend({"op": "remove", "path": f"{path}/{_escape(key)}"} for key in gone)
    for key in compress(new, map(is_not, map(old.get, new, repeat(_ABSENT)), new.values())):
        step = _escape(key) if "~" in key or "/" in key else key
        if key in old:
            _diff(old[key], new[key], f"{path}/{step}", found)
        else:
            found.append({"op": "add", "path": f"{path}/{step}", "value": new[key]})


def _diff_lists(old: list[Any], new: list[Any], path: str, found: list[Operation]) -> None:
    if len(old) == len(new):
        for index in compress(range(len(new)), map(is_not, old, new)):
            _diff(old[index], new[index], f"{path}/{index}", found)
        return
    shorter = min(len(old), len(new))
    start = _common(old, new, shorter)
    end = _common(old[::-1], new[::-1], shorter - start) if start < shorter else 0
    if start + end == len(old):
        indexes = range(start, len(new) - end)
        found += [{"op": "add", "path": f"{path}/{index}", "value": new[index]} for index in indexes]
        return
    _diff_middles(old[start : len(old) - end], new[start : len(new) - end], path, start, found)


def _diff_middles(before: list[Any], after: list[Any], path: str, start: int, found: list[Operation]) -> None:
    """Add the operations for the rest of two lists from position `start` on."""
    paired = min(len(before), len(after))
    for index in range(len(before) - 1, paired - 1, -1):
        found.append({"op": "remove", "path": f"{path}/{start + index}"})
    added = len(after) - paired
    first = paired if paired and _name(before[0]) == _name(after[0]) else 0
    for index in range(first, first + added):
        found.append({"op": "add", "path": f"{path}/{start + index}", "value": after[index]})
    for index in range(paired):
        position = index if first else added + index
        _diff(before[index], after[position], f"{path}/{start + position}", found)


def _common(old: list[Any], new: list[Any], most: int) -> int:
    """Return the number of equal items at the start of both lists, at most `most`."""
    for index in compress(range(most), map(is_not, old, new)):
        if not same(old[index], new[index]):
            return index
    return most


def _name(item: Any) -> Any:
    """Return the name that identifies an item of a Kubernetes list, or None."""
    return item.get("name") if isinstance(item, dict) else None


def same(old: Any, new: Any) -> bool:
    """Return whether two JSON values are equal: `True` is not 1, and 1 is 1.0."""
    if old is new:
        return True
    if isinstance(old, bool) or isinstance(new, bool):
        return False
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(same(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same, old, new))
    return bool(old == new)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _unescape(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")
