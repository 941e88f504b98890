"""Manifests parsed from YAML or JSON, with the line of each of their parts."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from vaultenv.template.values import float_text
from vaultkube.errors import InvalidManifest, NotYaml
from vaultkube.problem import FieldPath
from webhook.offline.json_values import JsonValue, NoJson, is_like_json, json_values
from webhook.offline.lists import with_kinds_of_items
from webhook.offline.nodes import check_extent, repeated_keys
from webhook.offline.scalars import KubernetesLoader

STANDARD_INPUT = "-"
_REASONS: dict[type[Exception], str] = {
    RecursionError: "it is nested too deeply, or an alias contains itself",
    ValueError: "a number or a date is none",
}
_INTEGER_BITS = 4096
"""The most bits of an integer: more than Kubernetes uses, and less than Python refuses to convert to decimal."""
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
# Only lines are read with this loader. libyaml's parser, if it is installed, is ten times faster.
_LINES = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _NotJson(ValueError):
    """The document has something that JSON does not have; `reason` describes it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Document:
    """One document of a file: its content as JSON values, and the YAML nodes that it was parsed from."""

    file: str
    content: Any
    node: Node = field(repr=False)
    repeated_keys: tuple[FieldPath, ...] = ()
    """Paths of keys that occur twice in one mapping: only the last value counts."""

    def line(self, path: FieldPath) -> int:
        """Return the line, from 1, of the part at `path`, or of the last existing part on the way to it.

        The path may continue in a literal text that is YAML itself, such as `objects` of a SecretProviderClass.
        """
        node, line, first = self.node, self.node.start_mark.line, 0
        for step in path:
            if isinstance(node, ScalarNode) and node.style == "|":
                first, node = first + node.start_mark.line + 1, _root_of(node.value)
            found = _child(node, step)
            if found is None:
                break
            key, node = found
            line = first + key.start_mark.line
        return line + 1


def read_documents(files: Sequence[str], report: Callable[[NotYaml], None] | None = None) -> list[Document]:
    """Return the documents of all files; raise InvalidManifest for one that cannot be read.

    With `report`, a file that is not YAML is left out, and its error is passed to `report`.
    """
    documents = []
    for file in files:
        try:
            documents += parse_documents(_read(file), file)
        except NotYaml as error:
            if not report:
                raise
            report(error)
    return documents


def parse_documents(text: str, file: str = STANDARD_INPUT) -> list[Document]:
    """Return the documents of a text without empty ones; raise NotYaml if it is neither YAML nor JSON."""
    try:
        if is_like_json(text):
            return [_of_json(file, value) for value in json_values(text)]
    except NoJson as error:
        try:
            return _of_yaml(file, text)
        except NotYaml:
            raise NotYaml(file, error.line, f"read as JSON: {error.reason}") from None
    except RecursionError as error:
        raise _not_yaml(file, error) from None
    return _of_yaml(file, text)


def _of_json(file: str, value: JsonValue) -> Document:
    """Return the document of a JSON value, with the nodes that a YAML parser finds in it."""
    loader = KubernetesLoader(value.as_yaml)
    loader.line = value.line
    try:
        (node,) = _nodes(file, loader)
        return _document(file, value.content, node, tuple(repeated_keys(node)))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _not_yaml(file, error) from None


def _of_yaml(file: str, text: str) -> list[Document]:
    documents = []
    try:
        loader = KubernetesLoader(text)
        for node in _nodes(file, loader):
            repeated = tuple(repeated_keys(node))  # before merge keys are replaced
            content = loader.construct_document(node)
            if content is not None:
                documents.append(_document(file, content, node, repeated))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _not_yaml(file, error) from None
    return documents


def _nodes(file: str, loader: KubernetesLoader) -> Iterator[Node]:
    while loader.check_node() and (node := loader.get_node()):
        check_extent(file, node)
        yield node


def _document(file: str, content: object, node: Node, repeated: tuple[FieldPath, ...]) -> Document:
    return Document(file, with_kinds_of_items(_json_value(content)), node, repeated)


def _not_yaml(file: str, error: Exception) -> NotYaml:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None)
    return NotYaml(
        file, mark.line + 1 if mark else 1, reason or _REASONS.get(type(error), type(error).__name__)
    )


def path_text(path: FieldPath) -> str:
    """Return the path in its usual notation: `spec.containers[0].env`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step)}]"
    return text


def _read(file: str) -> str:
    try:
        if file == STANDARD_INPUT:
            return sys.stdin.read()
        return Path(file).read_text(encoding="utf-8")
    except IsADirectoryError:
        raise InvalidManifest(f"{file} cannot be read: it is a directory; name each file with -f") from None
    except OSError as error:
        raise InvalidManifest(f"{file} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise InvalidManifest(f"{file} cannot be read: byte {error.start} is not UTF-8") from None


def _json_value(content: object) -> object:
    """Return the content with all keys as text, like JSON; raise _NotJson for a value that JSON does not have."""
    if isinstance(content, dict):
        return {_key(key): _json_value(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_json_value(value) for value in content]
    if isinstance(content, str):
        return _whole(content)
    if isinstance(content, int) and content.bit_length() > _INTEGER_BITS:
        raise _NotJson("a number is too long")
    if content is None or isinstance(content, bool | int | float):
        return content
    raise _NotJson(f"a tag makes something that JSON does not have ({type(content).__name__})")


def _key(key: object) -> str:
    if isinstance(key, float):
        return float_text(key)
    if not isinstance(key, str | int):
        raise _NotJson(
            "null is no key of JSON" if key is None else "a tag makes a key that JSON does not have"
        )
    return _whole(str(key))


def _whole(text: str) -> str:
    """Return the text; raise _NotJson if an escape has made half of a surrogate pair in it."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _NotJson("half of a surrogate pair is no character") from None
    return text


def _child(node: Node, step: str | int) -> tuple[Node, Node] | None:
    """Return the node that has the line of `step`, and the node of its value; the last one of a repeated key."""
    if isinstance(node, MappingNode):
        return next(((key, value) for key, value in reversed(node.value) if key.value == step), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


@lru_cache(maxsize=4)
def _root_of(text: str) -> Node:
    """Return the root node of a YAML text, an empty node for other texts.

    It is cached, as one text has the lines of many findings.
    """
    try:
        root: Node | None = yaml.compose(text, Loader=_LINES)
    except (yaml.YAMLError, RecursionError):
        root = None
    return root or ScalarNode("", "")
