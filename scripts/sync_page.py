"""The table of docs/sync.md: the operator's settings."""

from pathlib import Path

from scripts.tables import code, table
from vaultsync.settings import ROWS

_START, _END = "<!-- settings: written by scripts/docs -->\n", "<!-- end of settings -->\n"


def sync_page(path: Path) -> str:
    """Return the text of docs/sync.md with the present settings."""
    before, _, rest = path.read_text(encoding="utf-8").partition(_START)
    after = rest.partition(_END)[2]
    rows = ((code(row.settings[0]), row.help, row.type.accepted, code(row.default)) for row in ROWS)
    settings = table(("variable", "meaning", "accepted", "default"), rows)
    return f"{before}{_START}\n{settings}\n{_END}{after}"
