"""CustomResourceDefinitions, made from the table: structural schemas, rules in CEL, and the columns of `kubectl get`.

A field that is not in the table is pruned by the API server, and `kubectl apply` refuses it by its name: a typo would
otherwise be a field without effect. `status` belongs to the operator, and may have any fields.
"""

from typing import Any

from vaultkube.sync_resources.resources import GROUP, KINDS, VERSION, ResourceKind
from vaultkube.sync_resources.table import schema_of

_STATUS: dict[str, Any] = {
    "type": "object",
    "x-kubernetes-preserve-unknown-fields": True,
    "properties": {
        "conditions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "status"],
                "x-kubernetes-preserve-unknown-fields": True,
                "properties": {"type": {"type": "string"}, "status": {"type": "string"}},
            },
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
        }
    },
}


def definitions() -> dict[str, dict[str, Any]]:
    """Return the definition of each kind, by the name of its file."""
    return {f"{row.plural}.yaml": definition(row) for row in KINDS}


def definition(row: ResourceKind) -> dict[str, Any]:
    """Return the CustomResourceDefinition of a kind."""
    spec = schema_of(row.table)
    needs_spec = bool({"required", "x-kubernetes-validations"} & set(spec))
    schema = {
        "type": "object",
        "description": f"{row.kind}: {row.help}.",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": spec,
            "status": _STATUS,
        },
        **({"required": ["spec"]} if needs_spec else {}),
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{row.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": row.kind,
                "listKind": f"{row.kind}List",
                "plural": row.plural,
                "singular": row.kind.lower(),
                "shortNames": [row.short],
            },
            "scope": "Namespaced",
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [
                        {"name": each.title, "type": each.type, "jsonPath": each.path} for each in row.columns
                    ],
                }
            ],
        },
    }
