"""Output for people: the difference of two YAML texts, in colour on a terminal."""

import difflib
import os
import sys
from typing import Any

import yaml

_COLOURS = {"+": "\033[32m", "-": "\033[31m", "@": "\033[36m", "#": "\033[1m"}


def heading(text: str) -> None:
    """Print a heading."""
    print(_coloured(f"\n# {text}"))


def difference(before: Any, after: Any) -> None:
    """Print the difference of two documents."""
    texts = [yaml.safe_dump(document, sort_keys=True, width=100).splitlines() for document in (before, after)]
    for line in difflib.unified_diff(*texts, lineterm="", n=2):
        if not line.startswith(("+++", "---")):
            print("  " + _coloured(line))


def _coloured(line: str) -> str:
    wanted = "FORCE_COLOR" in os.environ or (sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    colour = _COLOURS.get(line.lstrip("\n")[:1]) if wanted else None
    return f"{colour}{line}\033[0m" if colour else line
