"""The tables of docs/csi.md: parameters and objects of a SecretProviderClass, and the provider's settings."""

from pathlib import Path

from scripts.tables import code, table
from vaultcsi.settings import ROWS
from vaultkube.provider_class.object_table import OBJECT_FIELDS
from vaultkube.provider_class.parameters import PARAMETER_ROWS

_START, _END = "<!-- tables: written by scripts/docs -->\n", "<!-- end of tables -->\n"


def csi_page(path: Path) -> str:
    """Return the text of docs/csi.md with the present tables."""
    before, _, rest = path.read_text(encoding="utf-8").partition(_START)
    after = rest.partition(_END)[2]
    return f"{before}{_START}{_tables()}\n{_END}{after}"


def _tables() -> str:
    parameters = ((", ".join(map(code, row.settings)), row.help, row.type.accepted) for row in PARAMETER_ROWS)
    objects = ((code(field.name), field.help) for field in OBJECT_FIELDS)
    settings = (
        (code(f"--{row.flag}" if row.flag else ""), code(row.settings[0]), row.help, code(row.default))
        for row in ROWS
    )
    return "\n".join(
        (
            "\n### Parameters of a class\n",
            table(
                ("parameter", "meaning", "accepted"),
                [*parameters, ("`objects`", "the files, as below", "a list in YAML")],
            ),
            "### Objects\n",
            table(("field", "meaning"), objects),
            "### Settings of the provider\n",
            table(("flag", "variable", "meaning", "default"), settings),
        )
    )
