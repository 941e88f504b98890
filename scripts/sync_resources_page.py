"""docs/sync-resources.md and manifests/chart/files/crds: the custom objects of `vault-webhook sync`, from their table."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from scripts.tables import code, table
from vaultkube.sync_resources.crds import definitions
from vaultkube.sync_resources.resources import API_VERSION, KINDS, ResourceKind
from vaultkube.sync_resources.table import Item, items_of, rules_of

_CRDS = Path(__file__).parents[1] / "manifests/chart/files/crds"
_WRITTEN = "# Written by scripts/docs from the table in vaultkube/sync_resources.\n"

_HEAD = f"""# Custom objects

Objects of `{API_VERSION}`, with the names and the meaning that the Vault Secrets Operator gave them: manifests written for it
work unchanged. [manifests/chart/files/crds](../manifests/chart/files/crds) has their definitions, made from the same table as this page.

* `kubectl apply` refuses an unknown field by its name. From other clients the API server drops it;
  `vault-webhook check -f` suggests the field probably meant. Missing are the kinds `CSISecrets`
  (Vault Enterprise's CSI driver), `HCPAuth` and `HCPVaultSecretsApp` (HCP Vault Secrets).
* Durations may have several units (`1h30m`), days (`30d`), or none (`"90"` is seconds).
* `NAME or NAMESPACE/NAME` without a namespace is an object of the same namespace as the reference. An object of another
  namespace can be used if its `allowedNamespaces` allows it.
* Templates are Go's, between `{{{{` and `}}}}`, with [Sprig's functions](references.md#templates), also by their names with `must`, and
  further ones of Sprig: regular expressions, `camelcase` and its like, `wrap`, arithmetic of floats, paths, URLs, durations, and Go's types
  (`kindIs`, `typeOf`, `deepEqual`); a wrong regular expression is an error in each function. They see `.Secrets`, `.Metadata`
  (KV version 2), and `.Annotations` and `.Labels` of the custom object. A missing key, or null, is an error where its value would be used;
  the Secret then stays as it is. `if`, `with`, `and`, `or`, `not`, `eq`, `ne`, `default`, `coalesce` and `empty` may test for it.
* These functions of the Vault Secrets Operator's templates are missing; `check` and the condition name them. `bcrypt`, `htpasswd`,
  `randInt`, `shuffle` and `ago` have another output each time, so that each read would change the Secret: store a password's hash in
  Vault. `mustToDate`, `semver` and `buildCustomCert` return times, versions and certificates, whose methods templates here do not have;
  `semverCompare` has a language of its own for ranges of versions.
* `includes` and `excludes` match anywhere in a key of Vault's answer. `excludes` come first; keys from templates are never removed.
"""


def sync_resources_page() -> str:
    """Return the text of docs/sync-resources.md."""
    return _HEAD + "".join(_section(row) for row in KINDS)


def definition_files() -> dict[Path, str]:
    """Return the text of each custom resource definition, and of their kustomization, by its path."""
    files = {_CRDS / name: _WRITTEN + _yaml(definition) for name, definition in definitions().items()}
    return files | {_CRDS / "kustomization.yaml": _WRITTEN + _yaml(_kustomization())}


def _kustomization() -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": sorted(definitions()),
    }


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """Return True: the same schema is written in each place."""
        return True


def _yaml(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=110)


def _section(row: ResourceKind) -> str:
    fields = table(("field of `spec`", "meaning", "accepted", "default"), _rows(row.table, ""))
    rules = "".join(f"* {message}\n" for message in _rules(row.table, ""))
    shown = ", ".join(column.title for column in row.columns)
    head = f"\n## {row.kind}\n\n{row.help[0].upper()}{row.help[1:]}. `kubectl get {row.short}` shows {shown}.\n\n"
    return head + fields + (f"\nBetween fields:\n\n{rules}" if rules else "")


def _rows(of: type[Any], prefix: str) -> Iterator[tuple[str, str, str, str]]:
    for item in items_of(of):
        name = prefix + item.name
        default = "required" if item.required else code(_text(item.default))
        yield code(name), item.help, "" if item.table else item.kind.accepted, default
        if item.table:
            yield from _rows(item.table, name + _step(item))


def _rules(of: type[Any], prefix: str) -> Iterator[str]:
    for rule in rules_of(of):
        yield f"{code(prefix.rstrip('.'))}: {rule.message}" if prefix else rule.message
    for item in items_of(of):
        if item.table:
            yield from _rules(item.table, prefix + item.name + _step(item))


def _step(item: Item) -> str:
    kind = item.kind.schema["type"]
    if kind == "array":
        return "[]."
    return ".KEY." if "additionalProperties" in item.kind.schema else "."


def _text(default: Any) -> str:
    return "" if default is None else str(default).lower()
