"""Values of YAML as Go's yaml.v3 reads them, because classes are written for that reader.

PyYAML follows YAML 1.1, in which `yes` is a truth value and `0o600` a text; yaml.v3 follows the core schema of YAML 1.2
(https://yaml.org/spec/1.2.2/#103-core-schema) with octal numbers of both kinds. So only PyYAML's nodes are used.
"""

import re
from math import isinf
from typing import Any

import yaml

from vaultenv.basics.jsontext import Number

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?")
_DEEPEST = 32


class NotUsable(ValueError):
    """A node has no value of the expected kind; the message names that kind."""


class Allowance:
    """Nodes that may still be visited: an alias is visited as often as it stands somewhere, so a bomb ends here."""

    def __init__(self, nodes: int) -> None:
        self._left = nodes

    def take(self) -> None:
        """Take one node; raise NotUsable if none is left."""
        self._left -= 1
        if self._left < 0:
            raise NotUsable("has too much in it, with its aliases written out; make it smaller")


def text_of(node: yaml.Node) -> str:
    """Return the text of a scalar, whatever its kind: `yes` and `007` stay as they are written."""
    if not isinstance(node, yaml.ScalarNode):
        raise NotUsable("must be a text")
    return "" if _is_null(node) else str(node.value)


def integer_of(text: str) -> int:
    """Return an integer of any base that Go knows (`0600` and `0o600` are octal); raise ValueError."""
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    digits = text.replace("_", "").lower()
    is_octal = re.match(r"[-+]?0[0-7]", digits)
    return int(digits, 8) if is_octal else int(digits, 0)


def value_of(node: yaml.Node, allowance: Allowance, depth: int = 0) -> Any:
    """Return the node as JSON's kinds of values; raise NotUsable for a node that is too large, too deep, or has other keys."""
    allowance.take()
    if depth > _DEEPEST:
        raise NotUsable(f"is nested more than {_DEEPEST} levels deep")
    if isinstance(node, yaml.SequenceNode):
        return [value_of(item, allowance, depth + 1) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return {text_of(key): value_of(item, allowance, depth + 1) for key, item in node.value}
    return _scalar(node) if isinstance(node, yaml.ScalarNode) else None


def _scalar(node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if not _is_plain(node):
        return text
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return integer_of(text)
    return _float(text) if _FLOAT.fullmatch(text) else text


def _float(text: str) -> Any:
    number = float(text.replace("_", ""))
    if isinf(number):
        raise NotUsable("has a number that is too large")
    # Go writes a float without a fraction as an integer.
    return Number(str(int(number))) if number.is_integer() and abs(number) < 1e21 else number


def _is_null(node: yaml.ScalarNode) -> bool:
    return _is_plain(node) and node.value in _NULL


def _is_plain(node: yaml.ScalarNode) -> bool:
    return not node.style  # libyaml's parser has an empty text where PyYAML's has None
