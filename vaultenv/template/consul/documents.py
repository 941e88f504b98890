"""consul-template's functions for YAML and TOML."""

from __future__ import annotations

from vaultenv.template.consul.signatures import per_character, per_weight, strict
from vaultenv.template.consul.toml_text import toml_text
from vaultenv.template.consul.yaml_reader import parse_yaml, yaml_size
from vaultenv.template.consul.yaml_text import yaml_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vaultenv.template.functions import Function

DOCUMENTS: dict[str, Function] = strict(
    {
        "parseYAML": (parse_yaml, "s", yaml_size, per_character(16)),
        "toTOML": (toml_text, "a", None, per_weight(2)),
        "toYAML": (yaml_text, "a", None, per_weight(12)),
    }
)
