"""The pages of docs/ with tables of the code, and the manifests made from a table.

A test compares them with the code, and `scripts/docs` writes them.
"""

from pathlib import Path

from scripts.chart_schema import chart_schema
from scripts.check_page import check_page
from scripts.csi_page import csi_page
from scripts.folders import architecture_page
from scripts.hashicorp_page import hashicorp_page
from scripts.launcher_page import launcher_page, with_functions
from scripts.registry_page import registry_page
from scripts.sync_page import sync_page
from scripts.sync_resources_page import definition_files, sync_resources_page
from scripts.tables import code, table
from vaultenv.template.consul.functions import NAMES
from vaultenv.template.sprig import FUNCTIONS
from webhook.config.annotation_keys import PREFIX, SUCCESSOR_PREFIX
from webhook.config.annotation_table import ANNOTATIONS
from webhook.config.settings import SETTINGS
from webhook.config.unsupported import UNSUPPORTED

DOCS = Path(__file__).parents[1] / "docs"

_ANNOTATIONS_HEAD = f"""# Annotations

Write them on the pod template (`spec.template.metadata.annotations`), the Secret or the ConfigMap, with the prefix
`{PREFIX}`. The prefix `{SUCCESSOR_PREFIX}` works too, with the name in the last column where it differs, and wins
where both are set. An annotation wins over the operator's variable, which wins over the default. A value outside
the accepted form is refused with its key; an unknown key with one of these prefixes is a warning.
Behind the successor's prefix, `bao-…` is read like `vault-…`.
"""

_UNSUPPORTED_HEAD = """
## Without effect

Annotations of the predecessor and its successor for features that do not exist here: each is a warning.

"""

_SETTINGS_HEAD = """# The operator's settings

Environment variables of the webhook. Those that annotations can override are in [annotations](annotations.md); those
of the registry client are in [registry](registry.md). A value that cannot be used stops the webhook at its start.

No proxy is used: `HTTPS_PROXY` and similar variables have an effect on [traces](tracing.md) only, and the log warns about them.

The webhook finds the API server by `KUBECONFIG` (token or client certificate; `insecure-skip-tls-verify` is refused), else as
the pod's ServiceAccount. `KUBERNETES_NAMESPACE` names the webhook's own namespace if the ServiceAccount does not show
it. Of two variables with the same meaning, the first is ours and wins. `AGENT_INJECT_…` are those of HashiCorp's
injector; its other variables are defaults of [its annotations](hashicorp-annotations.md).
"""


def pages() -> dict[Path, str]:
    """Return the text of each page by its path."""
    architecture, references = DOCS / "architecture.md", DOCS / "references.md"
    consul_template, csi, sync = (DOCS / f"{name}.md" for name in ("consul-template", "csi", "sync"))
    schema = DOCS.parent / "manifests/chart/values.schema.json"
    return {
        DOCS / "annotations.md": _annotations(),
        DOCS / "hashicorp-annotations.md": hashicorp_page(),
        DOCS / "operator-settings.md": _settings(),
        DOCS / "vault-env.md": launcher_page(),
        references: with_functions(references, FUNCTIONS),
        consul_template: with_functions(consul_template, NAMES),
        DOCS / "registry.md": registry_page(),
        DOCS / "check.md": check_page(),
        csi: csi_page(csi),
        sync: sync_page(sync),
        DOCS / "sync-resources.md": sync_resources_page(),
        **definition_files(),
        architecture: architecture_page(architecture),
        schema: chart_schema(schema),
    }


def _annotations() -> str:
    rows = (
        (
            f"`{row.key}`",
            row.help,
            row.type.accepted,
            code(row.default),
            row.scope,
            ", ".join(code(name) for name in row.settings),
            code(row.variable),
            code(row.successor),
        )
        for row in ANNOTATIONS
    )
    columns = (
        "key",
        "meaning",
        "accepted",
        "default",
        "on",
        "operator's variable",
        "container's variable",
        "successor's key",
    )
    unsupported = ((f"`{row.key}`", f"there is no {row.mode} here") for row in UNSUPPORTED)
    return (
        _ANNOTATIONS_HEAD
        + "\n"
        + table(columns, rows)
        + _UNSUPPORTED_HEAD
        + table(("key", "why"), unsupported)
    )


def _settings() -> str:
    rows = (
        (", ".join(map(code, row.settings)), row.help, row.type.accepted, code(row.default))
        for row in SETTINGS
    )
    return _SETTINGS_HEAD + "\n" + table(("variable", "meaning", "accepted", "default"), rows)


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
