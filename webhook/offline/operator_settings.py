"""The operator's settings for the review of a manifest, from a file, or built-in ones."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from vaultkube.errors import InvalidManifest
from webhook.config.annotations import Defaults, parse_config, read_defaults
from webhook.config.hashicorp.exec_mode import SERVICE
from webhook.config.settings import Settings, read_settings
from webhook.offline.documents import read_documents
from webhook.registry.settings import RegistrySettings

_LAUNCHER_IMAGE = "vault-env:latest"
"""The image's name in manifests/base/settings.yaml."""


@dataclass(frozen=True)
class Operator:
    """The settings of the operator; without a file of them, any Vault address is allowed."""

    environ: Mapping[str, str]
    settings: Settings
    defaults: Defaults
    known: bool
    custom_kinds: frozenset[str] = frozenset()
    """The registered kinds of custom objects, each RESOURCE.GROUP."""

    def settings_for(self, annotations: Mapping[str, str]) -> Settings:
        """Return the settings under which an object with these annotations is reviewed."""
        if self.known:
            return self.settings
        config, _ = parse_config(annotations, self.defaults)
        named = (config.address, *filter(None, [annotations.get(SERVICE)]))
        return replace(self.settings, address_allow_list=named, allow_private_addresses=True)

    def registry(self) -> RegistrySettings:
        """Return the settings of the registry client."""
        return RegistrySettings.from_environ(self.environ)


def read_operator(file: str | None, custom_kinds: Collection[str] = ()) -> Operator:
    """Return the settings in `file`, a ConfigMap with the webhook's environment, and the registered kinds.

    Raises InvalidManifest if it is not one, and InvalidSetting for a value that cannot be used.
    """
    environ = {"VAULT_ENV_IMAGE": _LAUNCHER_IMAGE, **(_environ(file) if file else {})}
    settings, defaults = read_settings(environ), read_defaults(environ)
    return Operator(environ, settings, defaults, bool(file), frozenset(custom_kinds))


def _environ(file: str) -> dict[str, str]:
    data: object = None
    for document in read_documents([file]):
        if isinstance(document.content, dict) and document.content.get("kind") == "ConfigMap":
            data = document.content.get("data")
    if not isinstance(data, dict):
        raise InvalidManifest(
            f"{file} holds no ConfigMap with the webhook's settings in `data`; see manifests/base/settings.yaml"
        )
    return {name: str(text) for name, text in data.items()}
