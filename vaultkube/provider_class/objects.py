"""The `objects` of a class: YAML text to a tuple of frozen values, with the problem of every entry at once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import yaml

from vaultenv.basics.text import bounded
from vaultkube.problem import FieldPath, Problem
from vaultkube.provider_class.object_table import OBJECT_FIELDS, path_of
from vaultkube.provider_class.scalars import NotUsable

OBJECTS: FieldPath = ("spec", "parameters", "objects")
_LONGEST_TEXT = 1 << 20
_MOST_OBJECTS = 2000
_FIELDS = {field.name: field for field in OBJECT_FIELDS}
_SHOWN = 60
# libyaml's parser where it is there: ten times faster. Its nodes are the same.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class SecretObject:
    """One file: its name, and the request to Vault for its content. Texts are as the class has them.

    `arguments` is the JSON text of secretArgs, as Go writes it, "null" without them; a `permission` of 0 is the driver's.
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
    """A request to Vault: a normal path without `v1/`, the text of a query, and a JSON text, "null" for no body."""

    method: str
    path: str
    query: str
    arguments: str


def parse_objects(text: str) -> tuple[tuple[SecretObject, ...], list[Problem]]:
    """Return the objects of a class that can be used, and every problem of the others."""
    try:
        entries = _entries(text)
    except NotUsable as error:
        return (), [Problem("csi-objects", OBJECTS, f"objects {error}")]
    objects: list[SecretObject] = []
    problems: list[Problem] = []
    for number, entry in enumerate(entries):
        one, wrong = _object(entry)
        objects.append(one)
        where = f"objects[{number}]" + (f" {bounded(one.name, _SHOWN)!r}" if one.name else "")
        problems += [
            Problem("csi-objects", (*OBJECTS, number, field), f"{where}: {reason}") for field, reason in wrong
        ]
    return tuple(objects), problems + list(_collisions(objects))


def _entries(text: str) -> Sequence[yaml.Node]:
    if len(text) > _LONGEST_TEXT:
        raise NotUsable(f"is longer than {_LONGEST_TEXT} characters; divide the class")
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1} of its text)" if mark else ""
        raise NotUsable(f"is no YAML{where}; write a list of objects, as docs/csi.md shows") from None
    if not isinstance(root, yaml.SequenceNode) or not root.value:
        raise NotUsable("names no object; write a list of them, each with objectName and secretPath")
    if len(root.value) > _MOST_OBJECTS:
        raise NotUsable(f"has more than {_MOST_OBJECTS} entries; divide the class")
    return list(root.value)


def _object(entry: yaml.Node) -> tuple[SecretObject, list[tuple[str, str]]]:
    """Return the object of an entry, and the pairs of field and reason for its problems."""
    values: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    if not isinstance(entry, yaml.MappingNode):
        return SecretObject("", ""), [("", "must be a mapping with objectName and secretPath")]
    for key, node in entry.value:
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
        if name in values:
            wrong.append((name, f"{name} is there twice"))
        elif name not in _FIELDS:
            wrong.append((name, unknown(name, tuple(_FIELDS), "a field of an object")))
        else:
            values[name] = _FIELDS[name].default
            try:
                values[name] = _FIELDS[name].read(node)
            except NotUsable as error:
                wrong.append((name, f"{name} {error}"))
    missing = [name for name in ("objectName", "secretPath") if name not in values]
    wrong += [(name, f"{name} is missing") for name in missing]
    return SecretObject(*(values.get(field.name, field.default) for field in OBJECT_FIELDS)), wrong


def unknown(name: str, known: Sequence[str], what: str) -> str:
    """Return the reason for a name that is none of the known ones, with the one that was probably meant."""
    folded = {each.casefold(): each for each in known}
    close = get_close_matches(name.casefold(), folded, 1)
    advice = f"did you mean {folded[close[0]]}?" if close else f"there are {', '.join(known)}"
    return f"{bounded(name, _SHOWN)!r} is not {what}: {advice}"


def _collisions(objects: Sequence[SecretObject]) -> Iterator[Problem]:
    """Yield a problem for each file that is there twice, and for each that would be a folder of another one."""
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
