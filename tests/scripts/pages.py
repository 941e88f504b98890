"""The commands on the pages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(?:sh|console)?\n(.*?)^```$|((?:^ {4}[^\n]*\n)+)", re.MULTILINE | re.DOTALL)
_PROGRAM = re.compile(
    r"(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(vault-webhook|vault-env|python3?|pip|kubectl|helm|docker|kind|oc|cosign|git|"
    r"sha256sum|mkdocs|scripts/[a-z-]+)(?: |$)"
)


class Shown(NamedTuple):
    """A command and its page."""

    page: str
    command: str


def typed(page: Path) -> Iterator[str]:
    """Yield each line of the page's code blocks, without its remark; continued lines are one."""
    for fenced, indented in _BLOCK.findall(page.read_text(encoding="utf-8")):
        for line in re.sub(r"\\\n\s*", "", fenced or indented).splitlines():
            yield re.split(r"\s{2,}(?=\S)|\s#", line.strip())[0]


def commands() -> Iterator[Shown]:
    """Yield each command of a page's blocks, once for each page."""
    for page in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("bench/*.md")]):
        if page.name == "CHANGELOG.md":
            continue
        found = dict.fromkeys(line.removesuffix(" &") for line in typed(page) if _PROGRAM.match(line))
        yield from (Shown(page.name, command) for command in found)
