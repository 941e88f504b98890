"""Application of user-written JSON Patches to a document: all of RFC 6902 (https://www.rfc-editor.org/rfc/rfc6902).

Two forms are read as by Go's https://github.com/evanphx/json-patch, for which people wrote their patches: a negative
index counts from the end of its list, and a `test` for null holds for a key that is not there.
"""

import copy
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from vaultkube.documents.jsonpatch import same

_INDEX = re.compile(r"0|-?[1-9][0-9]{0,8}")
_ESCAPE = re.compile(r"~(?![01])")
_END = "-"
_MOST_COPIED = 64 << 10
"""Most characters of JSON that the `copy` operations of one patch may copy: each could double the document."""
_DEEPEST = 50
"""Most levels of the result, as its readers are recursive."""


def patched(document: Any, operations: Sequence[Mapping[str, Any]]) -> Any:
    """Return a copy of `document` after the operations; raise ValueError, which names the operation that fails, and why."""
    new, copied = copy.deepcopy(document), 0
    for position, operation in enumerate(operations, 1):
        try:
            copied += _copied_length(new, operation)
            if copied > _MOST_COPIED:
                raise ValueError(f"the operations copy more than {_MOST_COPIED} characters")
            new = _OPERATIONS[operation["op"]](new, operation)
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            raise ValueError(f"operation {position} cannot be done: {_reason(error)}") from None
    if _is_deep(new):
        raise ValueError(f"its result has more than {_DEEPEST} levels")
    return new


def _copied_length(document: Any, operation: Mapping[str, Any]) -> int:
    if operation["op"] != "copy":
        return 0
    return len(json.dumps(_found(document, _steps(operation["from"]), operation["from"])))


def _is_deep(document: Any) -> bool:
    level = [document]
    for _ in range(_DEEPEST):
        level = [part for whole in level for part in _parts(whole)]
    return bool(level)


def _parts(whole: Any) -> Iterable[Any]:
    return whole.values() if isinstance(whole, dict) else whole if isinstance(whole, list) else ()


def _reason(error: Exception) -> str:
    return str(error) if type(error) is ValueError else "it is not as RFC 6902 has it"


def _add(document: Any, operation: Mapping[str, Any]) -> Any:
    return _with(document, _steps(operation["path"]), copy.deepcopy(operation["value"]), operation["path"])


def _remove(document: Any, operation: Mapping[str, Any]) -> Any:
    steps = _steps(operation["path"])
    if not steps:
        return None
    parent = _found(document, steps[:-1], operation["path"])
    del parent[_key(parent, steps[-1], operation["path"])]
    return document


def _replace(document: Any, operation: Mapping[str, Any]) -> Any:
    steps, value = _steps(operation["path"]), copy.deepcopy(operation["value"])
    if not steps:
        return value
    parent = _found(document, steps[:-1], operation["path"])
    parent[_key(parent, steps[-1], operation["path"])] = value
    return document


def _move(document: Any, operation: Mapping[str, Any]) -> Any:
    source, target = operation["from"], operation["path"]
    if target.startswith(source + "/"):
        raise ValueError(f"{source!r} cannot move into itself")
    value = _found(document, _steps(source), source)
    return _with(_remove(document, {"path": source}), _steps(target), value, target)


def _copy(document: Any, operation: Mapping[str, Any]) -> Any:
    value = copy.deepcopy(_found(document, _steps(operation["from"]), operation["from"]))
    return _with(document, _steps(operation["path"]), value, operation["path"])


def _test(document: Any, operation: Mapping[str, Any]) -> Any:
    steps, value = _steps(operation["path"]), operation.get("value")
    parent = _found(document, steps[:-1], operation["path"])
    if value is None and isinstance(parent, dict) and steps and steps[-1] not in parent:
        return document
    if not same(_found(parent, steps[-1:], operation["path"]), value):
        raise ValueError(f"{operation['path']!r} has another value")
    return document


_OPERATIONS: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def _steps(pointer: str) -> list[str]:
    """Return the keys of a JSON Pointer (RFC 6901)."""
    if pointer == "":
        return []
    if not pointer.startswith("/") or _ESCAPE.search(pointer):
        raise ValueError(f"{pointer!r} is no JSON Pointer")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _found(document: Any, steps: Sequence[str], pointer: str) -> Any:
    for step in steps:
        document = document[_key(document, step, pointer)]
    return document


def _key(parent: Any, step: str, pointer: str) -> Any:
    """Return the key or index of the existing part of `parent` that `step` names; raise ValueError."""
    if isinstance(parent, dict) and step in parent:
        return step
    if isinstance(parent, list) and (index := _index(step, len(parent))) is not None:
        return index
    raise ValueError(f"there is no {pointer!r}")


def _index(step: str, length: int) -> int | None:
    """Return the position that `step` names in a list of that length, None for no position of it."""
    if not _INDEX.fullmatch(step):
        return None
    index = int(step) + (length if step.startswith("-") else 0)
    return index if 0 <= index < length else None


def _with(document: Any, steps: Sequence[str], value: Any, pointer: str) -> Any:
    """Return the document with the value set at a key, or inserted into a list before an item or at its end."""
    if not steps:
        return value
    parent, step = _found(document, steps[:-1], pointer), steps[-1]
    if isinstance(parent, dict):
        parent[step] = value
        return document
    count = len(parent) if isinstance(parent, list) else -1
    index = count if step == _END else _index(step, count + 1)
    if count < 0 or index is None:
        raise ValueError(f"nothing can be added at {pointer!r}")
    parent.insert(index, value)
    return document
