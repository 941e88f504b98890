"""All functions that need neither Vault nor the state of a rendering, by name."""

from vaultenv.template.consul.encodings import ENCODINGS
from vaultenv.template.consul.go import BUILTINS
from vaultenv.template.consul.lists import LISTS
from vaultenv.template.consul.numbers import NUMBERS
from vaultenv.template.consul.patterns import PATTERNS
from vaultenv.template.consul.signatures import per_character, per_weight, strict
from vaultenv.template.consul.texts import TEXTS
from vaultenv.template.consul.toml_text import toml_text
from vaultenv.template.consul.yaml_reader import parse_yaml, yaml_size
from vaultenv.template.consul.yaml_text import yaml_text

DOCUMENTS = strict(
    {
        "parseYAML": (parse_yaml, "s", yaml_size, per_character(16)),
        "toTOML": (toml_text, "a", None, per_weight(2)),
        "toYAML": (yaml_text, "a", None, per_weight(12)),
    }
)
FUNCTIONS = {**BUILTINS, **TEXTS, **NUMBERS, **LISTS, **ENCODINGS, **PATTERNS, **DOCUMENTS}
BOUND = ("executeTemplate", "pkiCert", "scratch", "secret", "secrets", "timestamp")
"""Functions that a rendering binds to its answers and its state."""
NAMES = frozenset((*FUNCTIONS, *BOUND))
