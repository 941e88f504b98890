"""Hooks of mkdocs: they convert pages that are written for the repository's own viewer."""

import re
from typing import Any

_OUTSIDE = re.compile(r"\]\(\.\./([^)\s]+)\)")
_CODE_IN_TABLE = re.compile(r"`[^`\n]*\\\|[^`\n]*`")


def on_page_markdown(markdown: str, *, config: Any, **_: object) -> str:
    """Return the page with links `../…` as addresses in the repository, and pipes in code without backslashes."""
    linked = _OUTSIDE.sub(lambda link: f"]({config['repo_url']}/blob/main/{link[1]})", markdown)
    return _CODE_IN_TABLE.sub(lambda code: code[0].replace("\\|", "|"), linked)
