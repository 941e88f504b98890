"""The page about `check` and `mutate`."""

from scripts.tables import code, table
from webhook.offline.checks.rules import CSI_MIGRATION, FROM_INJECTOR, MIGRATION, RULES

_HEAD = """# Manifests, before they reach a cluster

    vault-webhook check -f deployment.yaml
    helm template shop | vault-webhook check -f - --output sarif
    vault-webhook mutate -f deployment.yaml --diff

`check` finds what the webhook would refuse or warn about, and what would fail at the start of a program, each with file,
line, path, severity, rule and remedy; `--output` is `text`, `json` or `sarif`. `mutate` prints what would run: the same
code as in the cluster has decided it. Both read Deployments, StatefulSets, DaemonSets, ReplicaSets, Jobs, CronJobs, Pods,
Secrets, ConfigMaps and Lists, `check` SecretProviderClasses of provider vault and the [custom objects](sync-resources.md) of `secrets.hashicorp.com` too, with what they say of
each other in all files, [custom objects](custom-objects.md) of the kinds that `--objects` names, and other kinds with a pod in `spec.template`; all else passes
unchanged. Comments and the layout of the YAML are lost in what
`mutate` prints.

Neither sends anything anywhere, so four things are unknown, and said to be: the entry point of an image, where
the container has no `command` and the pod no annotation `entrypoint` (`--registry` asks, with the pull secrets of the files
and of `~/.docker/config.json`, not of credential helpers); a ConfigMap or Secret that is in none of the files
(`--cluster` asks, by `KUBECONFIG`; log-in plug-ins need `pip install 'vault-webhook[laptop]'`); the operator's settings
(`--settings` takes the ConfigMap of `manifests/base/settings.yaml` as you have it; without it every Vault address is allowed); and
whether who sends a Secret or ConfigMap may have it read as the ServiceAccount that it names ([security](security.md)).

| exit status | `check` | `mutate` |
| --- | --- | --- |
| 0 | no error | shown as it would be |
| 1 | at least one error; with `--strict` also a warning | an object would be refused, and its document is not printed, or a file cannot be read |
| 2 | wrong usage, or nothing could be checked | wrong usage |
| 3 | | shown, but the entry point of an image is unknown |

## Rules

"""

_MIGRATION = """
## From Bank-Vaults

`vault-webhook check --from bank-vaults -f FILE` also lists where a manifest that works with that webhook today
behaves differently here.

"""


_FROM_INJECTOR = """
## From HashiCorp's injector

`--from vault-k8s` lists the same for pods that get files by that injector today; [all differences](differences-hashicorp.md).

"""
_CSI = """
## From vault-csi-provider

`--from vault-csi-provider` lists where a SecretProviderClass that works with that provider today behaves differently with
[ours](csi.md).

"""


def check_page() -> str:
    """Return the page."""
    columns = ("rule", "severity", "what it finds", "remedy")
    tables = (
        table(columns, ((code(rule.id), rule.severity, rule.title, rule.remedy) for rule in rules))
        for rules in (RULES, MIGRATION, FROM_INJECTOR, CSI_MIGRATION)
    )
    heads = (_HEAD, _MIGRATION, _FROM_INJECTOR, _CSI)
    return "".join(part for pair in zip(heads, tables, strict=True) for part in pair)
