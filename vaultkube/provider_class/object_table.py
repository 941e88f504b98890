"""The fields of one entry of `objects`, a row each: name, reader, help. The parser, checks and docs/csi.md are made from it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vaultenv.basics.text import bounded
from vaultenv.references.fields import Fault
from vaultenv.references.grammar import normal_path
from vaultenv.template.json_text import json_text
from vaultkube.provider_class.nodes import Node, NotUsable
from vaultkube.provider_class.scalars import integer_of, text_of, value_of

READS = ("GET", "LIST")
METHODS = (*READS, "POST", "PUT")
ENCODINGS = ("utf-8", "base64", "hex")
_LONGEST_NAME = 255
"""Bytes of a file's name (NAME_MAX of Linux)."""
_LONGEST_PATH = 1024
"""Bytes of a path in the volume: Linux allows 4096 for it together with the volume's folder."""
_SHOWN = 120
_NO_QUERY = re.compile(r";|%(?![0-9a-fA-F]{2})")
"""Parts of a query that Go's url.ParseQuery refuses."""


@dataclass(frozen=True)
class ObjectField:
    """A field of an object: its name in YAML, the function that reads its node or raises NotUsable, and its help."""

    name: str
    read: Callable[[Node], Any]
    default: Any
    help: str


def path_of(text: str) -> str:
    """Return the path that a secretPath names, without `/v1/` and query; raise NotUsable."""
    bare = text.partition("?")[0].removeprefix("/")
    try:
        return normal_path(bare.removeprefix("v1/"))
    except Fault as fault:
        raise NotUsable(f"{bounded(text, _SHOWN)!r}: {fault.message}") from None


def _name(node: Node) -> str:
    name = text_of(node)
    if len(name.encode()) > _LONGEST_PATH:
        raise NotUsable(f"must not have more than {_LONGEST_PATH} bytes")
    segments = name.split("/")
    if not name.isprintable() or not all(segments):
        raise NotUsable("must be a file name, or a relative path of a file")
    if any(segment.startswith("..") or segment == "." for segment in segments):
        raise NotUsable("must not have a part that is `.` or begins with `..`")
    if any(len(segment.encode()) > _LONGEST_NAME for segment in segments):
        raise NotUsable(f"must not have a part of more than {_LONGEST_NAME} bytes")
    return name


def _path(node: Node) -> str:
    text = text_of(node)
    path_of(text)
    if _NO_QUERY.search(text.partition("?")[2]):
        raise NotUsable(f"{bounded(text, _SHOWN)!r}: write & between parameters, and %25 for a percent sign")
    return text


def _choice(*words: str) -> Callable[[Node], str]:
    def read(node: Node) -> str:
        text = text_of(node)
        if text and text.casefold() not in {word.casefold() for word in words}:
            raise NotUsable(f"must be one of {', '.join(words)}")
        return text

    return read


def _permission(node: Node) -> int:
    text = text_of(node)
    try:
        mode = integer_of(text) if text else 0
    except ValueError:
        mode = -1
    if not 0 <= mode <= 0o777:
        raise NotUsable(f"must be permissions such as 0600 or 0o600; {bounded(text, _SHOWN)!r} is none")
    return mode


def _arguments(node: Node) -> str:
    value = value_of(node)
    if value is not None and not isinstance(value, dict):
        raise NotUsable("must be a mapping, which is sent as a JSON object")
    return json_text(value)


OBJECT_FIELDS = (
    ObjectField(
        "objectName",
        _name,
        "",
        "the name of the file, or its path in the volume; once in a class",
    ),
    ObjectField(
        "secretPath",
        _path,
        "",
        "the path in Vault, as the API has it (KV version 2: `MOUNT/data/PATH`); a query may follow, such as `?version=2`",
    ),
    ObjectField(
        "secretKey",
        text_of,
        "",
        "the key of the secret whose value becomes the file: a text as it is, another value as JSON, whose own keys cannot be named; without it the file holds Vault's whole answer as JSON",
    ),
    ObjectField(
        "method", _choice(*METHODS), "", f"the method of the request: {', '.join(METHODS)}; default: GET"
    ),
    ObjectField("secretArgs", _arguments, "null", "a mapping that is sent along as a JSON object"),
    ObjectField(
        "filePermission",
        _permission,
        0,
        "permissions of the file, octal (`0600` or `0o600`); else the driver's",
    ),
    ObjectField(
        "encoding",
        _choice(*ENCODINGS),
        "",
        f"how the text of secretKey is encoded: {', '.join(ENCODINGS)}; the file holds it decoded",
    ),
)
