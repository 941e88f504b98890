"""Manifests as YAML and as the difference of two YAML texts; comments of the source are lost."""

import difflib
import re
from collections.abc import Iterable, Iterator

import yaml

from webhook.offline.scalars import QUOTED

_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")
"""Characters that PyYAML reads as a line break, or does not read at all, unless they are escaped."""


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers = QUOTED

    def ignore_aliases(self, _: object) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _BREAKS.search(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def yaml_text(contents: Iterable[object]) -> str:
    """Return the documents as YAML, with keys in their order."""
    return yaml.dump_all(contents, Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)


def difference(before: object, after: object, name: str) -> Iterator[str]:
    """Yield the lines of a unified difference of the two documents under `name`."""
    old, new = (yaml_text([content]).splitlines() for content in (before, after))
    return difflib.unified_diff(old, new, f"{name} (manifest)", f"{name} (in the cluster)", lineterm="")
