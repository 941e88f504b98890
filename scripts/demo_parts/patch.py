"""JSON Patch (RFC 6902) as the API server applies it, with the webhook's operations: add, replace, remove."""

import copy
from typing import Any


def apply(document: Any, patch: list[dict[str, Any]]) -> Any:
    """Return `document` with `patch` applied."""
    new = copy.deepcopy(document)
    for operation in patch:
        *parents, last = [
            part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]
        ]
        target = new
        for part in parents:
            target = target[int(part) if isinstance(target, list) else part]
        _apply_at(target, last, operation)
    return new


def _apply_at(target: Any, last: str, operation: dict[str, Any]) -> None:
    key = (len(target) if last == "-" else int(last)) if isinstance(target, list) else last
    if operation["op"] == "remove":
        del target[key]
    elif operation["op"] == "add" and isinstance(target, list):
        target.insert(key, operation["value"])
    else:
        target[key] = operation["value"]
