"""The table of annotations: a field of `Config` for each, with its key, type, default, variables and help.

The rows are in tables by subject. docs/annotations.md is made from this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from types import MappingProxyType

from vaultenv.template_sources import TemplateSource, sources_text
from vaultkube.problem import FieldPath
from vaultkube.settings_table import rows_of
from vaultkube.value_types import TEXT
from webhook.config.annotation_keys import annotation_path
from webhook.config.annotation_row import BOTH, OBJECTS, PODS, Annotation, annotation
from webhook.config.helper_table import HelperAnnotations
from webhook.config.launcher_table import LauncherAnnotations
from webhook.config.pod_table import PodAnnotations
from webhook.config.vault_table import VaultAnnotations

__all__ = ["ANNOTATIONS", "BOTH", "OBJECTS", "PODS", "Annotation", "Config", "annotation"]

CA_FILES: Mapping[str, str] = MappingProxyType({"VAULT_CACERT": "ca.crt"})
"""The launcher's variable for the file of a `vault-tls-secret`, with its key."""


@dataclass(frozen=True)
class Config(HelperAnnotations, PodAnnotations, LauncherAnnotations, VaultAnnotations):
    """The configuration of one object, or of containers with one login: annotations over the operator's settings."""

    mutate: str = annotation("mutate", TEXT, "", scope=BOTH, help="`skip` leaves the object alone")
    trusted_variables: tuple[str, ...] = ()
    """The operator's VAULT_ENV_TRUSTED_VARIABLES."""
    sources: tuple[TemplateSource, ...] = ()
    """The sources of variables for HashiCorp's exec mode; each container of this configuration gets them."""
    tls_files: Mapping[str, str] = field(default_factory=lambda: CA_FILES)
    """The launcher's variables that name a file of `tls_secret`, with its key there."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Other variables of the launcher, which none of our annotations sets."""
    annotated: Mapping[str, str] = field(default_factory=dict)
    """The full key of the annotation that set a field of this object, by field."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """The full key of another annotation family for a field, by field."""

    def path_of(self, field: str) -> FieldPath:
        """Return the path of the annotation that sets `field`, or that could set it."""
        return annotation_path(self._key_of(field))

    def name_of(self, field: str) -> str:
        """Return the key of that annotation without its prefix, for messages."""
        return self._key_of(field).partition("/")[2]

    def _key_of(self, field: str) -> str:
        return self.annotated.get(field) or self.keys.get(field) or _OLDEST_KEYS[field]

    @cached_property
    def templates(self) -> str:
        """The text of VAULT_ENV_TEMPLATES; "" without sources."""
        return sources_text(self.sources) if self.sources else ""


_HELPER_FIELDS = {row.name for row in fields(HelperAnnotations)}
ANNOTATIONS = tuple(sorted(rows_of(Config, Annotation), key=lambda row: row.field in _HELPER_FIELDS))
"""The rows in the order of the docs page: those of helpers are last."""
_OLDEST_KEYS = {row.field: row.full_keys()[-1] for row in ANNOTATIONS}
