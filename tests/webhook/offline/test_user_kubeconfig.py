"""A malformed kubeconfig of a person is named and not shown, because it holds their token."""

from pathlib import Path

import pytest

from tests.broken_kubeconfigs import BROKEN
from vaultkube.errors import InvalidSetting
from webhook.offline.user_kubeconfig import find_person_connection

KUBECONFIG = """\
current-context: c
contexts: [{name: c, context: {cluster: c, user: c, namespace: }}]
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1", %s}}]
users: [{name: c, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: echo, interactiveMode: Never, args: [%s]}}}]
"""
CREDENTIAL = """'{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t"}}'"""


@pytest.mark.parametrize("several", [False, True])
def test_a_plugin_logs_in_under_the_name_of_the_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, several: bool
) -> None:
    pytest.importorskip("kubernetes")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    path = tmp_path / "kubeconfig"
    path.write_text(KUBECONFIG % ("tls-server-name: kube.example.com", CREDENTIAL))
    found = find_person_connection({"KUBECONFIG": f"{tmp_path}/none:{path}" if several else str(path)})
    assert (found.token, found.server_name, found.namespace) == ("t", "kube.example.com", "default")


@pytest.mark.parametrize("several", [False, True])
def test_a_proxy_is_refused_and_not_passed_by(tmp_path: Path, several: bool) -> None:
    pytest.importorskip("kubernetes")
    path = tmp_path / "kubeconfig"
    path.write_text(KUBECONFIG % ("proxy-url: 'http://proxy:3128'", CREDENTIAL))
    with pytest.raises(InvalidSetting, match="proxy-url is not supported"):
        find_person_connection({"KUBECONFIG": f"{tmp_path}/none:{path}" if several else str(path)})


@pytest.mark.parametrize("content", BROKEN)
def test_a_file_that_is_no_kubeconfig_is_named_and_not_shown(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "kubeconfig").write_bytes(content)
    with pytest.raises(InvalidSetting, match=r"^KUBECONFIG \S+kubeconfig cannot be used: ") as refusal:
        find_person_connection({"KUBECONFIG": str(tmp_path / "kubeconfig")})
    assert "s3cr3t" not in str(refusal.value)
