"""Values of the chart: refused ones, and the effect of accepted ones."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.manifests.chart.rendering import CHART, OF_FILES, deployment, render, webhooks
from tests.servers.helm import Helm, HelmFailed
from vaultenv import __version__

pytestmark = pytest.mark.servers


def test_helm_finds_nothing_wrong(helm: Helm) -> None:
    done = helm.run("lint", "--strict", str(CHART))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[ERROR]" not in done.stdout
    assert "[WARNING]" not in done.stdout


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("replicas=3", "additional properties 'replicas' not allowed"),
        ("env.VAULT_ADR=x", "at '/env': additional properties 'VAULT_ADR' not allowed"),
        ("env.VAULT_ADDR=x", "at '/env': additional properties 'VAULT_ADDR' not allowed"),
        ("env.HTTPS_PROXY=x", "at '/env': additional properties 'HTTPS_PROXY' not allowed"),
        ("replicaCount=two", "at '/replicaCount': got string, want integer"),
        ("vault.address=vault:8200", "at '/vault/address': 'vault:8200' does not match pattern"),
        (
            "vault.address=unix:///agent.sock",
            "at '/vault/address': 'unix:///agent.sock' does not match pattern",
        ),
        ("pods.failurePolicy=ignore", "at '/pods/failurePolicy': value must be one of 'Fail', 'Ignore'"),
        ("rbac.secrets=some", "at '/rbac/secrets': value must be one of 'cluster', 'namespaces', 'none'"),
        ("certificate.pathSegment=short", "at '/certificate/pathSegment': 'short' does not match pattern"),
        ("objects.kinds={databases}", "at '/objects/kinds/0': 'databases' does not match pattern"),
        ("objects.kinds={deployments.apps}", "'deployments.apps' does not match pattern"),
        ("objects.kinds={ingresses.networking.k8s.io}", "at '/objects/kinds/0': 'not' failed"),
        ("sync.env.HEALTH_ADDR=:1", "at '/sync/env': additional properties 'HEALTH_ADDR' not allowed"),
        ("csi.env.VAULT_ADR=x", "at '/csi/env': additional properties 'VAULT_ADR' not allowed"),
        ("csi.env.HEALTH_ADDR=:1", "at '/csi/env': additional properties 'HEALTH_ADDR' not allowed"),
        ("csi.env.CSI_ENDPOINT=/x", "at '/csi/env': additional properties 'CSI_ENDPOINT' not allowed"),
        ("fullnameOverride=1st", "at '/fullnameOverride': '1st' does not match pattern"),
        ("fullnameOverride=a.b", "at '/fullnameOverride': 'a.b' does not match pattern"),
        (
            "podSecurityContext.allowPrivilegeEscalation=false",
            "at '/podSecurityContext': additional properties 'allowPrivilegeEscalation' not allowed",
        ),
        ("nameOverride=a.b", "at '/nameOverride': 'a.b' does not match pattern"),
        (
            "certificate.issuerRef.kind=ClusterIssuer",
            "at '/certificate/issuerRef': properties 'name' required",
        ),
        ("guard.validationActions={Deny,Warn}", "at '/guard/validationActions': 'not' failed"),
    ],
)
def test_a_wrong_value_is_refused_by_name(helm: Helm, value: str, said: str) -> None:
    with pytest.raises(HelmFailed) as refused:
        render(helm, "--set", value)
    assert said in str(refused.value)


def test_a_missing_certificate_is_refused_with_the_command_that_makes_one(helm: Helm) -> None:
    with pytest.raises(
        HelmFailed, match="vault-webhook certificate --only-secret --namespace shop --service"
    ):
        render(helm, "--set", "certificate.mode=files", namespace="shop")


def test_two_releases_share_no_name(helm: Helm) -> None:
    first = render(helm, release="a", namespace="one")
    second = render(helm, release="b", namespace="one")
    assert not set(first) & set(second)
    assert (
        first[("Service", "one", "a-vault-webhook")]["spec"]["selector"]
        != (second[("Service", "one", "b-vault-webhook")]["spec"]["selector"])
    )


@pytest.mark.parametrize("release", ["shop.example", "a" * 53, "a" * 49 + ".b"])
def test_names_of_objects_are_valid_for_a_service_and_for_labels(helm: Helm, release: str) -> None:
    for kind, _, name in render(helm, "--set=certificate.mode=cert-manager", release=release):
        assert kind.endswith("Definition") or re.fullmatch("[a-z]([-a-z0-9]{0,61}[a-z0-9])?", name)


def test_a_name_that_no_service_may_have_is_refused(helm: Helm) -> None:
    with pytest.raises(HelmFailed, match="a Service cannot be called 1st-vault-webhook"):
        render(helm, release="1st")


class _OneKeyOnce(yaml.SafeLoader):
    """A reader that refuses a repeated key, as kustomize does, and so Flux on rendered charts."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"twice: {keys}"
        return super().construct_mapping(node, deep)


def test_values_may_repeat_fields_of_the_chart(helm: Helm) -> None:
    context = {"runAsNonRoot": True, "runAsUser": 7, "seccompProfile": {"type": "RuntimeDefault"}}
    nodes = {"kubernetes.io/os": "linux", "pool": "a"}
    labels = {"app.kubernetes.io/name": "mine", "team": "a"}
    values = {
        "podSecurityContext": context,
        "nodeSelector": nodes,
        "podLabels": labels,
        "sync": {"enabled": True, "nodeSelector": nodes, "podLabels": labels},
        "csi": {"enabled": True, "nodeSelector": nodes, "podLabels": labels},
    }
    arguments = [f"--set-json={name}={json.dumps(value)}" for name, value in values.items()]
    text = helm("template", "vault-webhook", str(CHART), *arguments)
    documents = [each for each in yaml.load_all(text, _OneKeyOnce) if each]
    workloads = [each["spec"] for each in documents if each["kind"] in ("Deployment", "DaemonSet")]
    assert [each["template"]["spec"]["nodeSelector"] for each in workloads] == [nodes] * 3
    for each in workloads:
        assert each["selector"]["matchLabels"].items() <= each["template"]["metadata"]["labels"].items()
        assert each["template"]["metadata"]["labels"]["team"] == "a"
    contexts = [each["template"]["spec"]["securityContext"] for each in workloads]
    assert contexts.count(context) == 1


def test_each_workload_is_placed_as_its_values_say(helm: Helm) -> None:
    affinity = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}
    zones = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    placed = {"affinity": affinity, "priorityClassName": "ours"}
    spread = {**placed, "topologySpreadConstraints": [zones, {**zones, "labelSelector": {}}]}
    objects = render(
        helm,
        *(f"--set-json={name}={json.dumps(value)}" for name, value in spread.items()),
        f"--set-json=sync={json.dumps({'enabled': True, **spread})}",
        f"--set-json=csi={json.dumps({'enabled': True, **placed})}",
    )
    for name in ("vault-webhook", "vault-webhook-sync", "vault-csi-provider"):
        kind = "DaemonSet" if name == "vault-csi-provider" else "Deployment"
        workload = objects[(kind, name, name)]["spec"]
        pod = workload["template"]["spec"]
        assert (pod["affinity"], pod["priorityClassName"]) == (affinity, "ours")
        if kind == "Deployment":
            own = {**zones, "labelSelector": workload["selector"]}
            assert pod["topologySpreadConstraints"] == [own, {**zones, "labelSelector": {}}]


def test_the_provider_can_have_files_that_classes_name(helm: Helm) -> None:
    volume = {"name": "client", "secret": {"secretName": "vault-client"}}
    mount = {"name": "client", "mountPath": "/vault-client"}
    csi = {"enabled": True, "volumes": [volume], "volumeMounts": [mount]}
    objects = render(helm, f"--set-json=csi={json.dumps(csi)}")
    pod = objects[("DaemonSet", "vault-csi-provider", "vault-csi-provider")]["spec"]["template"]["spec"]
    assert volume in pod["volumes"]
    assert mount in pod["containers"][0]["volumeMounts"]


def test_pods_run_on_linux(helm: Helm) -> None:
    objects = render(helm, "--set=sync.enabled=true,csi.enabled=true")
    pods = [
        each["spec"]["template"]["spec"] for each in objects.values() if "template" in each.get("spec", {})
    ]
    assert [pod["nodeSelector"] for pod in pods] == [{"kubernetes.io/os": "linux"}] * 3


def test_without_constraints_there_is_no_such_field(helm: Helm) -> None:
    assert "topologySpreadConstraints" not in deployment(
        render(helm, "--set-json=topologySpreadConstraints=[]")
    )


@pytest.mark.parametrize(
    "name", ["namespaceSelector", "objectSelector", "excludedNamespaces", "podLabels", "podSecurityContext"]
)
def test_a_value_whose_lines_are_all_comments_is_empty(helm: Helm, name: str) -> None:
    assert webhooks(render(helm, f"--set={name}=null"))


@pytest.mark.parametrize(
    ("values", "budget"),
    [
        ("replicaCount=2", {"minAvailable": 1}),
        ("podDisruptionBudget.minAvailable=50%", {"minAvailable": "50%"}),
        ("podDisruptionBudget.maxUnavailable=1", {"maxUnavailable": 1}),
        ("replicaCount=1,podDisruptionBudget.maxUnavailable=1", {"maxUnavailable": 1}),
        ("replicaCount=1", None),
        ("replicaCount=3,podDisruptionBudget.minAvailable=3", None),
        ("podDisruptionBudget.enabled=false", None),
    ],
)
def test_a_budget_allows_an_eviction(helm: Helm, values: str, budget: dict[str, object] | None) -> None:
    found = render(helm, f"--set={values}").get(("PodDisruptionBudget", "vault-webhook", "vault-webhook"))
    assert (found and {key: value for key, value in found["spec"].items() if key != "selector"}) == budget


def test_the_provider_may_read_the_key_of_another_name(helm: Helm) -> None:
    objects = render(helm, "--set=csi.enabled=true,csi.env.HMAC_SECRET_NAME=mine")
    assert (
        objects[("ConfigMap", "vault-csi-provider", "vault-csi-provider")]["data"]["HMAC_SECRET_NAME"]
        == "mine"
    )
    rules = objects[("Role", "vault-csi-provider", "vault-csi-provider")]["rules"]
    assert [rule["resourceNames"] for rule in rules if "resourceNames" in rule] == [["mine"]]


def test_the_operator_can_have_a_ca_for_vault(helm: Helm) -> None:
    volume = {"name": "ca", "secret": {"secretName": "vault-ca"}}
    mount = {"name": "ca", "mountPath": "/vault-ca"}
    objects = render(
        helm,
        *("--set", "sync.enabled=true,sync.env.VAULT_CACERT=/vault-ca/ca.crt"),
        *("--set-json", f"sync.volumes={json.dumps([volume])}"),
        *("--set-json", f"sync.volumeMounts={json.dumps([mount])}"),
    )
    pod = objects[("Deployment", "vault-webhook-sync", "vault-webhook-sync")]["spec"]["template"]["spec"]
    assert volume in pod["volumes"]
    assert mount in pod["containers"][0]["volumeMounts"]


def test_numbers_and_booleans_of_settings_are_text(helm: Helm) -> None:
    settings = {"WORKERS": 4, "THREADS": 16777216, "TLS_STRICT": True}
    objects = render(helm, "--set-json", f"env={json.dumps(settings)}")
    data = objects[("ConfigMap", "vault-webhook", "vault-webhook")]["data"]
    assert (data["WORKERS"], data["THREADS"], data["TLS_STRICT"]) == ("4", "16777216", "true")


def test_every_variable_of_the_traces_sdk_can_be_given(helm: Helm) -> None:
    objects = render(helm, "--set=env.OTEL_TRACES_SAMPLER=always_on")
    assert (
        objects[("ConfigMap", "vault-webhook", "vault-webhook")]["data"]["OTEL_TRACES_SAMPLER"] == "always_on"
    )


def test_a_digest_as_tag_is_joined_by_an_at_sign(helm: Helm) -> None:
    digest = "sha256:" + "0" * 64
    objects = render(helm, "--set", f"image.tag={digest},vaultEnv.repository=r.example:5000/vault-env")
    assert deployment(objects)["containers"][0]["image"] == f"vault-webhook@{digest}"
    data = objects[("ConfigMap", "vault-webhook", "vault-webhook")]["data"]
    assert data["VAULT_ENV_IMAGE"] == "r.example:5000/vault-env:0.1"


def test_a_changed_setting_changes_the_checksum_of_the_pods(helm: Helm) -> None:
    def pods(*arguments: str) -> str:
        found = render(helm, *arguments)[("Deployment", "vault-webhook", "vault-webhook")]
        checksum: str = found["spec"]["template"]["metadata"]["annotations"]["checksum/settings"]
        return checksum

    assert pods() == pods()
    assert pods() != pods("--set", "env.LOG_LEVEL=debug")


@pytest.mark.parametrize(
    ("secrets", "bindings"),
    [
        ("cluster", [("ClusterRoleBinding", "")]),
        ("namespaces", [("RoleBinding", "shop"), ("RoleBinding", "web")]),
        ("none", []),
    ],
)
def test_rights_that_read_secrets_are_bound_in_the_chosen_namespaces(
    helm: Helm, secrets: str, bindings: list[tuple[str, str]]
) -> None:
    objects = render(helm, "--set", f"rbac.secrets={secrets}", "--set", "rbac.secretsNamespaces={shop,web}")
    found = [
        (kind, namespace)
        for (kind, namespace, _), each in objects.items()
        if kind.endswith("Binding") and each.get("roleRef", {}).get("name") == "vault-webhook-secrets"
    ]
    assert sorted(found) == bindings
    assert (("ClusterRole", "", "vault-webhook-secrets") in objects) == bool(bindings)


def test_the_guard_has_the_selectors_of_the_webhook_of_pods(helm: Helm) -> None:
    chosen = '{"matchLabels":{"team":"a"},"matchExpressions":[{"key":"vault","operator":"Exists"}]}'
    objects = render(
        helm,
        *("--set-json", f"namespaceSelector={chosen}"),
        *("--set-json", 'pods.objectSelector={"matchLabels":{"tier":"web"}}'),
        *("--set", "excludedNamespaces={kube-system}"),
        namespace="ours",
    )
    pods = webhooks(objects)["pods"]
    guard = objects[("ValidatingAdmissionPolicyBinding", "", "vault-webhook-guard")]["spec"]["matchResources"]
    assert guard == {name: pods[name] for name in ("namespaceSelector", "objectSelector")}
    assert pods["namespaceSelector"] == {
        "matchLabels": {"team": "a"},
        "matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system", "ours"]},
            {"key": "vault", "operator": "Exists"},
        ],
    }
    assert webhooks(objects)["secrets"]["objectSelector"].get("matchLabels") is None


def test_kinds_of_objects_can_be_left_out(helm: Helm) -> None:
    assert set(webhooks(render(helm))) == {"pods", "secrets", "configmaps"}
    assert set(webhooks(render(helm, "--set", "secrets.enabled=false,configMaps.enabled=false"))) == {"pods"}


def test_a_webhook_for_custom_objects_has_a_rule_for_each_kind(helm: Helm) -> None:
    objects = render(helm, "--set", "objects.kinds={databases.example.com,queues.mq.example.com}")
    rules = webhooks(objects)["objects"]["rules"]
    assert [(rule["resources"], rule["apiGroups"]) for rule in rules] == [
        (["databases"], ["example.com"]),
        (["queues"], ["mq.example.com"]),
    ]


def test_definitions_that_are_there_already_can_be_left_out(helm: Helm) -> None:
    objects = render(helm, "--set", "sync.enabled=true,sync.crds.enabled=false,sync.env.THREADS=2")
    assert not [name for name in objects if name[0] == "CustomResourceDefinition"]
    (container,) = objects[("Deployment", "vault-webhook-sync", "vault-webhook-sync")]["spec"]["template"][
        "spec"
    ]["containers"]
    assert {"name": "THREADS", "value": "2"} in container["env"]


def test_a_given_issuer_replaces_the_charts_own(helm: Helm) -> None:
    issuer = {"kind": "ClusterIssuer", "name": "company"}
    arguments = (
        "--set=certificate.mode=cert-manager",
        "--set-json",
        f"certificate.issuerRef={json.dumps(issuer)}",
    )
    objects = render(helm, *arguments)
    assert objects[("Certificate", "vault-webhook", "vault-webhook")]["spec"]["issuerRef"] == issuer
    assert not [name for name in objects if name[0] == "Issuer"]


def test_the_network_policy_admits_only_known_addresses_of_the_api_server(helm: Helm) -> None:
    policy = render(
        helm,
        "--set",
        "networkPolicy.apiServers={192.0.2.1/32}",
        "--set-json",
        'networkPolicy.scrapers=[{"podSelector":{}}]',
        "--set-json",
        'networkPolicy.egress=[{"ports":[{"port":8200}]}]',
    )[("NetworkPolicy", "vault-webhook", "vault-webhook")]["spec"]
    assert policy["ingress"] == [
        {"ports": [{"port": "https"}], "from": [{"ipBlock": {"cidr": "192.0.2.1/32"}}]},
        {"ports": [{"port": "health"}], "from": [{"podSelector": {}}]},
    ]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["egress"] == [{"ports": [{"port": 8200}]}]


def test_metrics_are_for_the_scrapers_that_are_named(helm: Helm) -> None:
    name = ("NetworkPolicy", "vault-webhook", "vault-webhook")
    chosen = '--set-json=networkPolicy.scrapers=[{"podSelector":{}}]'
    assert render(helm, chosen)[name]["spec"]["ingress"] == [
        {"ports": [{"port": "https"}]},
        {"ports": [{"port": "health"}], "from": [{"podSelector": {}}]},
    ]
    limited = render(helm, "--set=networkPolicy.apiServers={192.0.2.1/32}")[name]["spec"]["ingress"]
    assert [rule["ports"] for rule in limited] == [[{"port": "https"}]]


def test_a_webhook_of_another_name_has_its_names_in_its_settings(helm: Helm) -> None:
    data = render(helm, release="a", namespace="one")[("ConfigMap", "one", "a-vault-webhook")]["data"]
    assert data["CERTIFICATE"] == "self-managed"
    assert data["SERVICE"] == data["WEBHOOK_CONFIGURATION"] == "a-vault-webhook"
    assert data["CERTIFICATE_SECRET"] == "a-vault-webhook-tls"


def test_a_certificate_of_its_own_needs_no_file_and_leaves_the_rest_to_the_webhook(helm: Helm) -> None:
    objects = render(helm)
    assert [volume["name"] for volume in deployment(objects)["volumes"]] == ["tmp"]
    for webhook in webhooks(objects).values():
        assert not {"rules"} & set(webhook)
        assert set(webhook["clientConfig"]["service"]) == {"name", "namespace"}


def test_a_certificate_from_elsewhere_needs_no_right_to_write(helm: Helm) -> None:
    objects = render(helm, *OF_FILES)
    assert not [name for name in objects if name[2].endswith("-certificate")]
    assert deployment(objects)["volumes"][0]["name"] == "tls"
    data = objects[("ConfigMap", "vault-webhook", "vault-webhook")]["data"]
    assert data["CERTIFICATE"] == "files"
    assert "SERVICE" not in data


def test_pods_are_those_of_the_constraint_restricted_v2(helm: Helm) -> None:
    """https://docs.openshift.com/container-platform/4.17/authentication/managing-security-context-constraints.html"""
    values = CHART / "examples/openshift.yaml"
    objects = render(helm, f"--values={values}", "--set=sync.enabled=true")
    pods = [each["spec"]["template"]["spec"] for name, each in objects.items() if name[0] == "Deployment"]
    assert len(pods) == 2
    for pod in pods:
        contexts = [pod["securityContext"], *(each["securityContext"] for each in pod["containers"])]
        assert not [key for context in contexts for key in context if key in ("runAsUser", "fsGroup")]
        assert all(each["securityContext"]["capabilities"] == {"drop": ["ALL"]} for each in pod["containers"])
        kinds = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
        assert kinds <= {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "projected", "secret"}


def test_a_packaged_chart_has_the_version_of_the_program_and_the_definitions(
    helm: Helm, tmp_path: Path
) -> None:
    helm("package", str(CHART), f"--destination={tmp_path}")
    package = tmp_path / f"vault-webhook-{__version__}.tgz"
    (chart,) = yaml.safe_load_all(helm("show", "chart", str(package)))
    assert __version__.rpartition(".")[0] == chart["appVersion"]
    kinds = [each["kind"] for each in helm.documents("a", str(package), "--set=sync.enabled=true")]
    assert kinds.count("CustomResourceDefinition") == 7
