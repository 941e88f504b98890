"""Lists of objects as kubectl reads them. Pure."""

from collections.abc import Iterator
from typing import Any

from vaultkube.problem import FieldPath

_SUFFIX = "List"


def objects_in(content: Any, path: FieldPath = ()) -> Iterator[tuple[FieldPath, dict[str, Any]]]:
    """Yield each object of a document with its path; in place of a list, the objects in it."""
    if not isinstance(content, dict):
        return
    items = content.get("items")
    if isinstance(items, list) and str(content.get("kind")).endswith(_SUFFIX):
        for index, item in enumerate(items):
            yield from objects_in(item, (*path, "items", index))
    else:
        yield path, content


def with_kinds_of_items(content: Any) -> Any:
    """Return the content, with the kind and version of a typed list, such as a SecretList, added to items without.

    The API server returns such lists, and kubectl applies them; items of a plain List have their own kind.
    """
    if not isinstance(content, dict) or not isinstance(content.get("items"), list):
        return content
    version, kind = content.get("apiVersion"), content.get("kind")
    of_items = kind.removesuffix(_SUFFIX) if isinstance(kind, str) and kind.endswith(_SUFFIX) else ""
    inherited = {"apiVersion": version, "kind": of_items} if of_items else {}
    return {**content, "items": [_item(item, inherited) for item in content["items"]]}


def _item(item: Any, inherited: dict[str, Any]) -> Any:
    if isinstance(item, dict) and not item.get("kind") and not item.get("apiVersion"):
        item = {**inherited, **item, **inherited}
    return with_kinds_of_items(item)
