"""Plain scalars of YAML as kubectl and the API server read them: YAML 1.1, but not all of it.

Unlike PyYAML they read `y` as true and `1e3`, `09` and `0o17` as numbers, and `12:30`, a number to base 60, as text.
https://github.com/kubernetes-sigs/yaml/blob/master/goyaml.v2/resolve.go
"""

import re
from collections.abc import Mapping
from math import isfinite

import yaml
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, Node, ScalarNode

_TAG = "tag:yaml.org,2002:"
_BOOLEAN = f"{_TAG}bool"
_KUBERNETES_TAGS = (
    (
        _BOOLEAN,
        "yYnNtTfFoO",
        r"y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
    ),
    (
        f"{_TAG}int",
        "+-0123456789",
        r"[-+]?0_*[xX][0-9a-fA-F_]*[0-9a-fA-F]_*|[-+]?0_*[bB][01_]*[01]_*|[-+]?0_*[oO]?[0-7_]*|[-+]?[1-9][0-9_]*",
    ),
    (
        f"{_TAG}float",
        "+-0123456789",
        r"[-+]?(\.[0-9_]*[0-9]_*|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9_]*[0-9]_*)?",
    ),
    (f"{_TAG}float", ".", r"\.[0-9]+([eE][-+]?[0-9]+)?"),
    (f"{_TAG}float", "+-.", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
)
_REPLACED = frozenset([_BOOLEAN, f"{_TAG}int", f"{_TAG}float"])
_NOT_READ = frozenset([*_REPLACED, f"{_TAG}timestamp", f"{_TAG}value"])
"""Tags whose resolvers in PyYAML are left out: a date remains text, as JSON has no dates."""
_TRUE, _FALSE = ("y", "yes", "true", "on"), ("n", "no", "false", "off")
_BASES: Mapping[str, int] = {"0x": 16, "0b": 2, "0o": 8}

_Resolvers = dict[str, list[tuple[str, re.Pattern[str]]]]


def _resolvers(others: _Resolvers) -> _Resolvers:
    """Return the resolvers of Kubernetes by the first character of a scalar, before `others`."""
    found: _Resolvers = {first: [] for first in others}
    for tag, characters, pattern in _KUBERNETES_TAGS:
        for first in characters:
            found.setdefault(first, []).append((tag, re.compile(f"(?:{pattern})\\Z")))
    return {first: [*known, *others.get(first, [])] for first, known in found.items()}


class KubernetesLoader(yaml.SafeLoader):
    """Parses plain scalars like Kubernetes; raises ValueError or YAMLError for one that does not fit its tag."""

    yaml_implicit_resolvers = _resolvers(
        {
            first: [(tag, pattern) for tag, pattern in known if tag not in _NOT_READ]
            for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }
    )

    def flatten_mapping(self, node: MappingNode) -> None:
        """Replace merge keys, and truth values as keys by their texts: for Python, `true` is the key 1."""
        super().flatten_mapping(node)
        node.value = [(_as_text(key), value) for key, value in node.value]


def _as_text(key: Node) -> Node:
    if key.tag != _BOOLEAN or key.value.lower() not in (*_TRUE, *_FALSE):
        return key
    text = "true" if key.value.lower() in _TRUE else "false"
    return ScalarNode(f"{_TAG}str", text, key.start_mark, key.end_mark)


QUOTED: _Resolvers = _resolvers(yaml.SafeDumper.yaml_implicit_resolvers)
"""Resolvers for a dumper: it quotes texts that Kubernetes, or another YAML 1.1 parser, would read as another type."""


def _boolean(loader: yaml.SafeLoader, node: ScalarNode) -> bool:
    text = loader.construct_scalar(node).lower()
    if text not in (*_TRUE, *_FALSE):
        raise ConstructorError(None, None, "a boolean is neither true nor false", node.start_mark)
    return text in _TRUE


def _integer(loader: yaml.SafeLoader, node: ScalarNode) -> int:
    text = loader.construct_scalar(node).replace("_", "").lower()
    digits = text.removeprefix("-") if text.startswith("-") else text.removeprefix("+")
    base = _BASES.get(digits[:2]) or (8 if digits.startswith("0") else 10)
    number = int(digits[2:] if digits[:2] in _BASES else digits, base)
    return -number if text.startswith("-") else number


def _float(loader: yaml.SafeLoader, node: ScalarNode) -> float | str:
    """Return the number; the text if it is too large for one, and a ValueError for one that JSON does not have."""
    text: str = loader.construct_scalar(node)
    number = float(text.replace("_", ""))
    return number if isfinite(number) else text


def _date(loader: yaml.SafeLoader, node: ScalarNode) -> object:
    try:
        return loader.construct_yaml_timestamp(node)
    except AttributeError:
        raise ValueError(node.value) from None


for _name, _constructor in (("bool", _boolean), ("int", _integer), ("float", _float), ("timestamp", _date)):
    KubernetesLoader.add_constructor(_TAG + _name, _constructor)
