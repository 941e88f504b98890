"""The `objects` of a class: the parser from YAML text to a tuple of frozen values, with the problems of all entries at once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, islice
from typing import Any

from vaultenv.basics.text import bounded
from vaultkube.problem import MOST_PROBLEMS, FieldPath, Problem
from vaultkube.provider_class.nodes import Listing, Mapping, Node, NotUsable, Scalar, read_nodes
from vaultkube.provider_class.object_table import OBJECT_FIELDS, path_of

OBJECTS: FieldPath = ("spec", "parameters", "objects")
_MOST_OBJECTS = 2000
_FIELDS = {field.name: field for field in OBJECT_FIELDS}
_SHOWN = 60


@dataclass(frozen=True)
class SecretObject:
    """One file: its name, and the request to Vault for its content. Texts are those of the class, unchanged.

    `arguments` is the JSON text of secretArgs in Go's form, or "null"; a `permission` of 0 means the driver's default.
    """

    name: str
    path: str
    key: str = ""
    method: str = ""
    arguments: str = "null"
    permission: int = 0
    encoding: str = ""

    @property
    def request(self) -> "SecretRequest":
        """The request whose answer holds the content; two objects may share it."""
        return SecretRequest(
            self.method.upper() or "GET", path_of(self.path), self.path.partition("?")[2], self.arguments
        )


@dataclass(frozen=True)
class SecretRequest:
    """A request to Vault: a normalized path without `v1/`, the text of a query, and a JSON text, "null" for no body."""

    method: str
    path: str
    query: str
    arguments: str


def parse_objects(text: str) -> tuple[tuple[SecretObject, ...], list[Problem]]:
    """Return the objects of a class, and the problems of all entries, at most MOST_PROBLEMS."""
    try:
        entries = _entries(text)
    except NotUsable as error:
        return (), [Problem("csi-objects", OBJECTS, f"objects {error}")]
    objects: list[SecretObject] = []
    problems: list[Problem] = []
    for number, entry in enumerate(entries):
        one, wrong = _object(entry, MOST_PROBLEMS - len(problems))
        objects.append(one)
        where = f"objects[{number}]" + (f" {bounded(one.name, _SHOWN)!r}" if one.name else "")
        problems += [
            Problem("csi-objects", (*OBJECTS, number, field), f"{where}: {reason}") for field, reason in wrong
        ]
    return tuple(objects), list(islice(chain(problems, _collisions(objects)), MOST_PROBLEMS))


def _entries(text: str) -> Sequence[Node]:
    root = read_nodes(text)
    if not isinstance(root, Listing) or not root.items:
        raise NotUsable("names no object; write a list of them, each with objectName and secretPath")
    if len(root.items) > _MOST_OBJECTS:
        raise NotUsable(f"has more than {_MOST_OBJECTS} entries; divide the class")
    return root.items


def _object(entry: Node, most: int) -> tuple[SecretObject, list[tuple[str, str]]]:
    """Return the object of an entry, and the pairs of field and reason for its problems, no more than `most`."""
    values: dict[str, Any] = {}
    if not isinstance(entry, Mapping):
        return SecretObject("", ""), [("", "must be a mapping with objectName and secretPath")][:most]
    wrong = list(islice(_fill(values, entry), most))
    return SecretObject(*(values.get(field.name, field.default) for field in OBJECT_FIELDS)), wrong


def _fill(values: dict[str, Any], entry: Mapping) -> Iterator[tuple[str, str]]:
    """Store the value of each field in `values`; yield the field and reason of each problem."""
    for key, node in entry.pairs:
        name = key.text if isinstance(key, Scalar) else ""
        if name in values:
            yield name, f"{name} is there twice"
        elif name not in _FIELDS:
            yield name, unknown(name, tuple(_FIELDS), "a field of an object")
        else:
            values[name] = _FIELDS[name].default
            try:
                values[name] = _FIELDS[name].read(node)
            except NotUsable as error:
                yield name, f"{name} {error}"
    for name in ("objectName", "secretPath"):
        if name not in values:
            yield name, f"{name} is missing"


def unknown(name: str, known: Sequence[str], what: str) -> str:
    """Return the message for an unknown name, with the most similar known name."""
    folded = {each.casefold(): each for each in known}
    close = get_close_matches(name.casefold(), folded, 1)
    advice = f"did you mean {folded[close[0]]}?" if close else f"there are {', '.join(known)}"
    return f"{bounded(name, _SHOWN)!r} is not {what}: {advice}"


def _collisions(objects: Sequence[SecretObject]) -> Iterator[Problem]:
    """Yield a problem for each duplicate file, and for each file whose folder is another file."""
    names = Counter(one.name for one in objects if one.name)
    for number, one in enumerate(objects):
        path: FieldPath = (*OBJECTS, number, "objectName")
        shown = bounded(one.name, _SHOWN)
        if names[one.name] > 1:
            yield Problem("csi-objects", path, f"objects[{number}]: objectName {shown!r} is there twice")
            names[one.name] = 1
        parts = one.name.split("/")
        folders = ("/".join(parts[:end]) for end in range(1, len(parts)))
        if any(folder in names for folder in folders):
            yield Problem(
                "csi-objects",
                path,
                f"objects[{number}]: objectName {shown!r} needs a folder where another file is",
            )
