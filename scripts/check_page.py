"""The page about `check` and `mutate`."""

from scripts.tables import code, table
from webhook.offline.checks.rules import CSI_MIGRATION, FROM_INJECTOR, MIGRATION, RULES

_HEAD = """# Manifests, before they reach a cluster

    vault-webhook check -f deployment.yaml
    helm template shop | vault-webhook check -f - --output sarif
    vault-webhook mutate -f deployment.yaml --diff

`check` finds objects that the webhook would refuse or warn about, and programs that would not start. Each finding has file,
line, path, severity, rule and remedy; `--output` is `text`, `json` or `sarif`. `mutate` prints the objects as the webhook would change them,
by the same code as in the cluster. Both read Deployments, StatefulSets, DaemonSets, ReplicaSets, Jobs, CronJobs, Pods,
Secrets, ConfigMaps, Lists, [custom objects](custom-objects.md) of the kinds that `--objects` names, and other kinds with a pod in `spec.template`.
`check` also reads SecretProviderClasses of provider vault and the [custom objects](sync-resources.md) of `secrets.hashicorp.com`, with the
references between them in all files. Other documents pass unchanged. The output of `mutate` has lost comments and layout of the YAML.

Neither sends a request, so four things are unknown, and reported as unknown:

* the entry point of an image, if the container has no `command` and the pod no annotation `entrypoint`. `--registry` reads it, with the pull
  secrets of the files and of `~/.docker/config.json`, not of credential helpers;
* a ConfigMap or Secret that is in none of the files. `--cluster` reads it, by `KUBECONFIG`; log-in plug-ins need
  `pip install '.[laptop]'` in a clone of the repository;
* the operator's settings. `--settings` reads your ConfigMap from `manifests/base/settings.yaml`; without it every Vault address is allowed;
* whether the user who sends a Secret or ConfigMap may have it read as the ServiceAccount that it names ([security](security.md)).

| exit status | `check` | `mutate` |
| --- | --- | --- |
| 0 | no error | all objects are printed |
| 1 | at least one error; with `--strict` also a warning | an object would be refused and is not printed, or a file cannot be read |
| 2 | wrong usage, or nothing could be checked | wrong usage |
| 3 | | all objects are printed, but the entry point of an image is unknown |

## Rules

"""

_MIGRATION = """
## From Bank-Vaults

`vault-webhook check --from bank-vaults -f FILE` also lists the differences for a manifest that works with that webhook today.

"""


_FROM_INJECTOR = """
## From HashiCorp's injector

`--from vault-k8s` lists the differences for pods that get files from that injector today; [all differences](differences-hashicorp.md).

"""
_CSI = """
## From vault-csi-provider

`--from vault-csi-provider` lists the differences between that provider and [ours](csi.md) for a SecretProviderClass that works today.

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
