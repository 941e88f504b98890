"""manifests/monitoring: queries are PromQL with existing metrics, labels and outcomes, and the operator finds the port."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from tests.servers.kubectl import Kubectl

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "manifests/monitoring"
RULES = yaml.safe_load((MONITORING / "rules.yaml").read_text())["spec"]["groups"][0]["rules"]
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text())
EXPRESSIONS = [
    *(rule["expr"] for rule in RULES),
    *(target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]),
    *(one["query"]["query"] for one in DASHBOARD["templating"]["list"] if one["type"] == "query"),
]
QUERIES = [expression for expression in EXPRESSIONS if not expression.startswith("label_values(")]
"""The expressions that Prometheus gets; label_values is Grafana's own."""
_QUERY = """
from prometheus_client import REGISTRY
from {package} import metrics
own = metrics.{name}({arguments})
{calls}
for family in REGISTRY.collect():
    for sample in family.samples:
        print(sample.name, *sorted(sample.labels))
"""
WORKER = (
    "vaultkube",
    "Metrics",
    "",
    'own.review("pods", "changed", 1)\nown.call("vault", "ok", 1)\nown.image_lookup("read")',
)
ATTENDANT = ("vaultkube", "CertificateMetrics", "is_self_managed=True", 'own.step("served")\nown.leads(True)')
PROVIDER = (
    "vaultcsi",
    "Metrics",
    "",
    'own.mount("ok", 1)\nown.vault_call("login", "ok", 1)\nown.show_holdings(lambda: metrics.Holdings(1, 1, 1))',
)


OPERATOR = """
from vaultsync.application import Operator
from vaultsync.settings import read_settings
for line in Operator(read_settings([], {}))._figures().splitlines():
    print(line.split()[0]) if line[0] != "#" else None
"""
KUBECONFIG = """
clusters: [{name: a, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: a, context: {cluster: a, user: a}}]
users: [{name: a, user: {token: t}}]
current-context: a
"""
FRESH = {
    "vault_webhook_": ("vaultkube", "Metrics", '["pods", "secrets"]', ""),
    "vault_csi_provider_": PROVIDER,
}
"""A worker and a provider that have just started, by the beginning of their series."""


def exposed(kubeconfig: Path) -> dict[str, set[str]]:
    """Return the labels of each series by its name, from workers, attendant, CSI provider and operator."""
    found: dict[str, set[str]] = {"up": {"job"}}
    for package, name, arguments, calls in (WORKER, ATTENDANT, PROVIDER):
        script = _QUERY.format(package=package, name=name, arguments=arguments, calls=calls)
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        for line in done.stdout.splitlines():
            series, *labels = line.split()
            found[series] = {*labels, "job"}
    kubeconfig.write_text(KUBECONFIG)
    done = subprocess.run(
        [sys.executable, "-c", OPERATOR],
        env={"KUBECONFIG": str(kubeconfig)},
        capture_output=True,
        text=True,
        check=True,
    )
    return found | {series: {"job"} for series in done.stdout.split()}


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    return exposed(tmp_path_factory.mktemp("operator") / "kubeconfig")


@pytest.mark.parametrize("query", QUERIES)
def test_each_query_is_valid_promql(query: str) -> None:
    promql_parser.parse(query.replace("$__rate_interval", "5m"))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_series_and_label_exists(expression: str, series: dict[str, set[str]]) -> None:
    named = re.findall(r"\b(vault_(?:webhook|csi_provider)_\w+|up)\b(?:\{([^}]*)\})?", expression)
    assert named
    for name, matchers in named:
        labels = set(re.findall(r"(\w+)\s*(?:=|!~|=~|!=)", matchers))
        assert labels <= series[name], f"{name} has no {labels - series[name]}"
    grouped = {label for by in re.findall(r"by \(([^)]*)\)", expression) for label in by.split(", ")}
    assert grouped <= set().union(*(series[name] for name, _ in named))


def families(series: dict[str, set[str]]) -> set[str]:
    own = {name for name in series if name.startswith(("vault_webhook_", "vault_csi_provider_"))}
    bare = {re.sub("_(bucket|sum|count|created)$", "", name) for name in own}
    return {f"{name}_total" if f"{name}_total" in own else name for name in bare}


def test_every_metric_is_on_the_dashboard_or_in_a_rule(series: dict[str, set[str]]) -> None:
    text = " ".join(EXPRESSIONS)
    assert {name for name in families(series) if name not in text} == set()


def test_the_pages_have_every_metric_and_no_other(series: dict[str, set[str]]) -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    shown = set(re.findall(r"`(vault_(?:webhook|csi_provider)_\w+)", text))
    assert shown == families(series)


def test_only_counters_are_rated_and_only_gauges_are_not(series: dict[str, set[str]]) -> None:
    for query in QUERIES:
        rated = set(re.findall(r"(?:rate|increase)\((\w+)", query))
        named = set(re.findall(r"\b(vault_(?:webhook|csi_provider)_\w+)", query))
        assert rated == {name for name in named if name.endswith(("_total", "_bucket"))}


@pytest.mark.parametrize("beginning", FRESH)
def test_the_first_event_of_an_outcome_is_an_increase(beginning: str) -> None:
    package, name, arguments, _ = FRESH[beginning]
    script = (
        "from prometheus_client import REGISTRY, generate_latest\n"
        f"from {package} import metrics\nmetrics.{name}({arguments})\nprint(generate_latest(REGISTRY).decode())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    waited_for = re.findall(rf'increase\(({beginning}\w+){{outcome="(\w+)"}}', " ".join(EXPRESSIONS))
    assert waited_for
    for series_, outcome in waited_for:
        assert re.search(rf'^{series_}{{[^}}]*outcome="{outcome}"[^}}]*}} 0\.0$', done.stdout, re.MULTILINE)


def test_outcomes_that_rules_name_are_counted() -> None:
    counted = ["changed", "unchanged", "refused", "unavailable", "timeout", "internal", "invalid", "ok"]
    source = "".join((ROOT / name).read_text() for name in ("vaultkube/metrics.py", "vaultcsi/metrics.py"))
    for expression in EXPRESSIONS:
        for text in re.findall(r'outcome(?:=|=~|!~)"([^"]*)"', expression):
            for outcome in text.split("|"):
                assert outcome in counted
                assert outcome in source


def test_the_service_monitor_finds_the_services_port() -> None:
    monitor = yaml.safe_load((MONITORING / "service-monitor.yaml").read_text())["spec"]
    service, *_ = yaml.safe_load_all((ROOT / "manifests/base/service.yaml").read_text())
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["endpoints"][0]["port"] in [port["name"] for port in service["spec"]["ports"]]


def test_the_job_of_the_alerts_is_that_of_the_service_monitor() -> None:
    monitor = yaml.safe_load((MONITORING / "service-monitor.yaml").read_text())["spec"]
    service, *_ = yaml.safe_load_all((ROOT / "manifests/base/service.yaml").read_text())
    named = {job for query in EXPRESSIONS for job in re.findall(r'job="([^"$]*)"', query)}
    assert named == {service["metadata"]["labels"][monitor["jobLabel"]]}


@pytest.mark.parametrize(
    ("name", "workload"),
    [("pod-monitor.yaml", "csi/daemonset.yaml"), ("sync-pod-monitor.yaml", "sync/deployment.yaml")],
)
def test_a_pod_monitor_finds_the_port(name: str, workload: str) -> None:
    assert name in yaml.safe_load((MONITORING / "kustomization.yaml").read_text())["resources"]
    monitor = yaml.safe_load((MONITORING / name).read_text())["spec"]
    found = yaml.safe_load((ROOT / "manifests" / workload).read_text())
    template = found["spec"]["template"]
    assert monitor["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    assert monitor["namespaceSelector"]["matchNames"] == [found["metadata"]["namespace"]]
    (container,) = template["spec"]["containers"]
    assert monitor["podMetricsEndpoints"][0]["port"] in [port["name"] for port in container["ports"]]


def test_every_alert_has_summary_description_and_severity() -> None:
    for rule in RULES:
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["labels"]["severity"] in ("critical", "warning")


@pytest.mark.servers
def test_kustomize_builds_monitors_rules_and_dashboard(tmp_path: Path) -> None:
    built: list[Any] = list(yaml.safe_load_all(Kubectl(tmp_path / "none")("kustomize", str(MONITORING))))
    assert {each["kind"] for each in built} == {"ServiceMonitor", "PodMonitor", "PrometheusRule", "ConfigMap"}
    (dashboard,) = [each for each in built if each["kind"] == "ConfigMap"]
    assert json.loads(dashboard["data"]["dashboard.json"]) == DASHBOARD
