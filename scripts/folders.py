"""The folders of the packages, each with the first paragraph of its docstring as a line."""

import ast
from pathlib import Path

from scripts.tables import code, table

PACKAGES = ("webhook", "vaultcsi", "vaultsync", "vaultkube", "vaultenv")

_ROOT = Path(__file__).parents[1]
_START = "<!-- folders: written by scripts/docs -->\n"
_END = "<!-- end of folders -->\n"


def architecture_page(path: Path) -> str:
    """Return the text of docs/architecture.md with the present list of folders."""
    before, _, rest = path.read_text(encoding="utf-8").partition(_START)
    after = rest.partition(_END)[2]
    rows = [(code(folder), summary) for package in PACKAGES for folder, summary in folders(package).items()]
    return f"{before}{_START}\n{table(('folder', 'what is in it'), rows)}\n{_END}{after}"


def folders(package: str) -> dict[str, str]:
    """Return a line for the package and each folder in it, in the order of a listing."""
    files = sorted((_ROOT / package).rglob("__init__.py"), key=lambda file: file.parent.parts)
    return {f"{file.parent.relative_to(_ROOT)}/": _summary(file) for file in files}


def _summary(file: Path) -> str:
    """Return the first paragraph of the module's docstring as one line."""
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split())
