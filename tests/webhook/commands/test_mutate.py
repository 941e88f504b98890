"""`vault-webhook mutate` prints the changed objects, and sends nothing without an option for it."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers.accounts import PULLER
from tests.servers.cluster import Cluster
from tests.servers.images import image
from tests.servers.registry import Registry
from webhook.commands.mutate import REFUSED, UNKNOWN, run

EXAMPLES = Path(__file__).parents[3] / "docs/examples"
PREFIX = "vault.security.banzaicloud.io/"
REFERENCE = "vault:shop/data/db#password"


@pytest.fixture
def mutate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, list[Any], list[str]]]:
    """Return a function that runs the command on documents and returns status, printed documents and messages."""

    def call(*documents: Any, options: tuple[str, ...] = ()) -> tuple[int, list[Any], list[str]]:
        file = tmp_path / "app.yaml"
        file.write_text(yaml.safe_dump_all(documents))
        status = run(["-f", str(file), *options])
        output = capsys.readouterr()
        return status, list(yaml.safe_load_all(output.out)), output.err.splitlines()

    return call


Mutate = Callable[..., tuple[int, list[Any], list[str]]]


def container(**fields: Any) -> dict[str, Any]:
    env = [{"name": "PASSWORD", "value": REFERENCE}]
    return {"name": "app", "image": "shop/app:1", "env": env, **fields}


def pod(*containers: Mapping[str, Any], annotations: Mapping[str, str] | None = None) -> dict[str, Any]:
    metadata = {
        "name": "app",
        "annotations": {PREFIX + key: text for key, text in (annotations or {}).items()},
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [*containers]}}


def workload(version: str, kind: str, *path: str) -> dict[str, Any]:
    body: dict[str, Any] = {"metadata": {}, "spec": {"containers": [container(command=["/app"])]}}
    for step in reversed(path):
        body = {step: body}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "app"}, **body}


@pytest.mark.parametrize(
    ("version", "kind", "path"),
    [
        ("apps/v1", "Deployment", ("spec", "template")),
        ("apps/v1", "StatefulSet", ("spec", "template")),
        ("apps/v1", "DaemonSet", ("spec", "template")),
        ("apps/v1", "ReplicaSet", ("spec", "template")),
        ("batch/v1", "Job", ("spec", "template")),
        ("batch/v1", "CronJob", ("spec", "jobTemplate", "spec", "template")),
    ],
)
def test_the_pods_of_every_workload_get_the_launcher(
    mutate: Mutate, version: str, kind: str, path: tuple[str, ...]
) -> None:
    status, (shown,), said = mutate(workload(version, kind, *path))
    for step in path:
        shown = shown[step]
    assert (status, said) == (0, [])
    assert shown["spec"]["containers"][0]["command"] == ["/vault/vault-env"]
    assert shown["spec"]["containers"][0]["args"] == ["/app"]
    assert shown["spec"]["initContainers"][0]["name"] == "copy-vault-env"


def test_all_documents_are_printed_in_their_order_and_others_unchanged(mutate: Mutate) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s"},
        "spec": {"unknown": [1, None]},
    }
    items = {"apiVersion": "v1", "kind": "List", "items": [service, pod(container(command=["/app"]))]}
    _, shown, _ = mutate(service, items)
    assert shown[0] == service
    assert shown[1]["items"][0] == service
    assert shown[1]["items"][1]["spec"]["containers"][0]["args"] == ["/app"]


def test_a_second_run_changes_nothing(mutate: Mutate) -> None:
    _, once, _ = mutate(pod(container(command=["/app"])))
    _, twice, _ = mutate(*once)
    assert twice == once


def test_the_difference_is_empty_where_nothing_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plain.yaml"
    file.write_text(yaml.safe_dump(pod({"name": "app", "image": "app"})))
    assert run(["-f", str(file), "--diff"]) == 0
    assert capsys.readouterr().out == ""


def test_the_difference_has_the_added_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-f", str(EXAMPLES / "one-key.yaml"), "--diff"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "+            - /vault/vault-env" in lines
    assert "+        - name: copy-vault-env" in lines


def test_an_unknown_entry_point_is_a_placeholder_with_a_warning(mutate: Mutate) -> None:
    status, (shown,), said = mutate(pod(container(args=["--port=80"])))
    assert status == UNKNOWN
    assert shown["spec"]["containers"][0]["args"] == ["<entry point of shop/app:1>", "--port=80"]
    assert shown["metadata"]["annotations"] == {}
    assert len(said) == 1
    assert "entry point of image shop/app:1" in said[0]
    assert "--registry" in said[0]


def test_the_annotation_entrypoint_is_used_for_the_launcher(mutate: Mutate) -> None:
    entrypoint = json.dumps({"app": ["/bin/app"]})
    status, (shown,), said = mutate(pod(container(), annotations={"entrypoint": entrypoint}))
    assert (status, said) == (0, [])
    assert shown["spec"]["containers"][0]["args"] == ["/bin/app"]


@pytest.mark.parametrize(
    ("metadata", "fields", "role"),
    [
        ({}, {"serviceAccountName": "new"}, "new-app"),
        ({}, {"serviceAccount": "old"}, "old-app"),
        ({}, {"serviceAccount": "old", "serviceAccountName": "new"}, "new-app"),
        ({"name": None, "generateName": "app-"}, {"serviceAccountName": "new"}, "new-"),
    ],
)
def test_the_role_is_made_of_the_fields_that_the_api_server_sends(
    mutate: Mutate, metadata: dict[str, Any], fields: dict[str, str], role: str
) -> None:
    """A generated name is still missing then, and the ServiceAccount's older field is also sent under its new name."""
    written = pod(
        container(command=["/app"]), annotations={"vault-role": "{{ .serviceaccount }}-{{ .name }}"}
    )
    written["metadata"] |= metadata
    written["spec"] |= fields
    status, (shown,), said = mutate(written)
    assert (status, said) == (0, [])
    env = {entry["name"]: entry["value"] for entry in shown["spec"]["containers"][0]["env"]}
    assert env["VAULT_ROLE"] == role
    assert fields.items() <= shown["spec"].items()
    assert ("serviceAccountName" in shown["spec"]) == ("serviceAccountName" in fields)


def test_a_refusal_has_a_status_and_its_reason(mutate: Mutate) -> None:
    broken = container(command=["/app"], env=[{"name": "PASSWORD", "value": "vault:shop/data/db"}])
    status, shown, said = mutate(pod(broken))
    assert (status, shown) == (REFUSED, [])
    assert "error" in said[0]
    assert "variable PASSWORD" in said[0]


def test_a_refused_document_is_not_shown_and_the_others_are(
    mutate: Mutate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = container(command=["/app"], env=[{"name": "PASSWORD", "value": "vault:shop/data/db"}])
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}
    items = {"apiVersion": "v1", "kind": "List", "items": [service, pod(broken)]}
    status, shown, _ = mutate(items, pod(container(command=["/app"])), service)
    assert status == REFUSED
    assert [document["kind"] for document in shown] == ["Pod", "Service"]
    assert run(["-f", str(tmp_path / "app.yaml"), "--diff"]) == REFUSED
    assert "vault:shop/data/db\n" not in capsys.readouterr().out


def test_a_warning_is_printed_to_standard_error(mutate: Mutate) -> None:
    status, _, said = mutate(pod(container(command=["/app"]), annotations={"vault-adr": "x"}))
    assert status == 0
    assert "did you mean" in said[0]


@pytest.mark.parametrize(
    "value", [{"containers": "app"}, {"containers": [{"env": {"A": "b"}}]}, {"containers": ["x"]}]
)
def test_a_malformed_pod_is_no_crash(mutate: Mutate, value: Any) -> None:
    broken = {**pod(), "spec": value}
    status, shown, said = mutate(broken)
    assert (status, shown) in ((0, [broken]), (REFUSED, []))
    assert not any("Traceback" in line for line in said)


def test_a_config_map_of_the_same_file_is_a_source(mutate: Mutate) -> None:
    source = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "env"}, "data": {"P": REFERENCE}}
    user = {"name": "app", "command": ["/app"], "envFrom": [{"configMapRef": {"name": "env"}}]}
    _, shown, said = mutate(source, pod(user))
    assert shown[1]["spec"]["containers"][0]["command"] == ["/vault/vault-env"]
    assert said == []
    _, (changed,), said = mutate(pod(user))
    assert changed["spec"]["containers"][0]["command"] == ["/app"]
    assert "ConfigMap default/env is in none of the files" in said[0]


def test_a_secret_that_the_webhook_resolves_leaves_no_reference_for_the_pod(mutate: Mutate) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "env", "annotations": {PREFIX + "vault-serviceaccount": "default"}},
        "stringData": {"P": REFERENCE},
    }
    user = {"name": "app", "command": ["/app"], "envFrom": [{"secretRef": {"name": "env"}}]}
    status, shown, said = mutate(secret, pod(user))
    assert status == 0
    assert shown == [secret, pod(user)]
    assert len(said) == 1
    assert "unread" in said[0]
    assert "P (at https://vault:8200" in said[0]


def test_the_operators_settings_decide_about_addresses(mutate: Mutate, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("kind: ConfigMap\ndata: {VAULT_ADDR: https://a, VAULT_ENV_IMAGE: own/vault-env:2}\n")
    document = pod(container(command=["/app"]), annotations={"vault-addr": "https://b"})
    assert mutate(document)[0] == 0
    status, _, said = mutate(document, options=("--settings", str(settings)))
    assert status == REFUSED
    assert "VAULT_ADDR_ALLOWLIST" in said[0]
    plain = pod(container(command=["/app"]))
    _, (shown,), _ = mutate(plain, options=("--settings", str(settings)))
    assert shown["spec"]["initContainers"][0]["image"] == "own/vault-env:2"


def test_standard_input_is_read_and_nothing_of_the_network_is_loaded() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "webhook", "mutate", "-f", "-"],
        input=(EXAMPLES / "one-key.yaml").read_text(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert "/vault/vault-env" in done.stdout
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "webhook.admission.admission" in loaded
    assert not loaded & {
        "flask",
        "gunicorn",
        "kubernetes",
        "vaultkube.apiserver.client",
        "webhook.registry.client",
    }


@pytest.mark.parametrize("arguments", [[], ["-f"], ["-f", "x", "--vault"]])
def test_wrong_usage_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(arguments)
    assert ended.value.code == 2
    assert "vault-webhook mutate: error:" in capsys.readouterr().err


def command(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **variables}
    words = [sys.executable, "-W", "error", "-m", "webhook", "mutate", *arguments]
    return subprocess.run(words, env=environ, capture_output=True, text=True, timeout=60)


@pytest.fixture
def home(tmp_path: Path, basic_registry: Registry) -> Iterator[Path]:
    docker = tmp_path / ".docker"
    docker.mkdir()
    (docker / "config.json").write_text(basic_registry.pull_secret(PULLER))
    yield tmp_path


def test_the_registry_is_read_with_the_machines_own_login(home: Path, basic_registry: Registry) -> None:
    name = basic_registry.push("laptop:1", image(entrypoint=["/bin/laptop", "$HOME"]))
    settings = home / "settings.yaml"
    settings.write_text(
        yaml.safe_dump(
            {
                "kind": "ConfigMap",
                "data": {
                    "REGISTRY_CA_FILE": str(basic_registry.endpoint.ca_file),
                    "REGISTRY_PRIVATE_HOSTS": basic_registry.host,
                },
            }
        )
    )
    file = home / "app.yaml"
    file.write_text(yaml.safe_dump(pod(container(image=name))))
    done = command("-f", str(file), "--settings", str(settings), "--registry", HOME=str(home))
    assert done.returncode == 0, done.stderr
    shown = yaml.safe_load(done.stdout)
    assert shown["spec"]["containers"][0]["args"] == ["/bin/laptop", "$$HOME"]


def plugin_kubeconfig(cluster: Cluster, folder: Path) -> Path:
    """Return a kubeconfig like those of cloud providers, in which a program gives the token."""
    plugin = folder / "plugin"
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": cluster.endpoint.token},
    }
    plugin.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(credential)}\nEND\n")
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    config = yaml.safe_load(Path(cluster.kubeconfig).read_text())
    config["users"][0]["user"] = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(plugin),
            "interactiveMode": "Never",
        }
    }
    path = folder / "plugin-kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.mark.parametrize("login", ["token", "plug-in"])
def test_sources_are_read_from_the_cluster(cluster: Cluster, tmp_path: Path, login: str) -> None:
    name = f"laptop-{login}"
    source = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"P": REFERENCE}}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(source))
    user = {"name": "app", "command": ["/app"], "envFrom": [{"configMapRef": {"name": name}}]}
    file = tmp_path / "app.yaml"
    file.write_text(yaml.safe_dump(pod(user)))
    kubeconfig = cluster.kubeconfig if login == "token" else plugin_kubeconfig(cluster, tmp_path)
    done = command("-f", str(file), "--cluster", KUBECONFIG=str(kubeconfig))
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout)["spec"]["containers"][0]["command"] == ["/vault/vault-env"]
    assert done.stderr == ""


def test_a_kubeconfig_that_skips_verification_is_honoured_with_a_warning(
    cluster: Cluster, tmp_path: Path
) -> None:
    config = yaml.safe_load(Path(cluster.kubeconfig).read_text())
    server = config["clusters"][0]["cluster"]["server"]
    config["clusters"][0]["cluster"] = {"server": server, "insecure-skip-tls-verify": True}
    kubeconfig, file = tmp_path / "kubeconfig", tmp_path / "app.yaml"
    kubeconfig.write_text(yaml.safe_dump(config))
    source = {
        "name": "app",
        "command": ["/app"],
        "envFrom": [{"secretRef": {"name": "no-such", "optional": True}}],
    }
    file.write_text(yaml.safe_dump(pod(source)))
    done = command("-f", str(file), "--cluster", KUBECONFIG=str(kubeconfig))
    assert done.returncode == 0, done.stderr
    assert done.stderr == (
        f"warning: insecure-skip-tls-verify: the certificate of {server} is not verified\n"
    )


def test_a_missing_kubeconfig_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(yaml.safe_dump(pod()))
    done = command("-f", str(file), "--cluster", KUBECONFIG="/nonexistent")
    assert done.returncode == 1
    assert done.stderr.startswith("vault-webhook mutate: KUBECONFIG /nonexistent")
    assert len(done.stderr.splitlines()) == 1


def test_a_custom_object_is_shown_with_the_paths_that_would_be_read(mutate: Mutate) -> None:
    annotations = {PREFIX + "vault-addr": "https://vault", PREFIX + "vault-serviceaccount": "reader"}
    database = {
        "apiVersion": "example.com/v1",
        "kind": "Database",
        "metadata": {"name": "d", "namespace": "shop", "annotations": annotations},
        "spec": {"users": [{"password": REFERENCE}]},
    }
    assert mutate(database) == (0, [database], [])
    status, documents, said = mutate(database, options=("--objects", "databases.example.com"))
    assert (status, documents) == (0, [database])
    assert said[0].startswith("vault-webhook mutate: unread: ")
    assert (
        "/spec/users/0/password (at https://vault with role default as ServiceAccount shop/reader)" in said[0]
    )
