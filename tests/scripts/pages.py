"""The commands that the pages show."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(?:sh|console)?\n(.*?)^```$|((?:^ {4}.*\n)+)", re.MULTILINE | re.DOTALL)
_PROGRAM = re.compile(
    r"(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(vault-webhook|vault-env|python3?|pip|kubectl|helm|docker|kind|oc|cosign|git|"
    r"sha256sum|mkdocs|scripts/[a-z-]+)(?: |$)"
)


class Shown(NamedTuple):
    """A command and its page."""

    page: str
    command: str


def commands() -> Iterator[Shown]:
    """Yield each command of an indented or fenced block, without the remark behind it, once for each page."""
    for page in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("bench/*.md")]):
        if page.name == "CHANGELOG.md":
            continue
        seen = set()
        for fenced, indented in _BLOCK.findall(page.read_text(encoding="utf-8")):
            for line in re.sub(r"\\\n\s*", "", fenced or indented).splitlines():
                command = re.split(r"\s{2,}(?=\S)|\s#", line.strip())[0].removesuffix(" &")
                if _PROGRAM.match(command) and command not in seen:
                    seen.add(command)
                    yield Shown(page.name, command)
