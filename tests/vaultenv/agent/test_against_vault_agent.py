"""HashiCorp's agent with the same settings writes the same files, byte for byte."""

import json
import stat
import subprocess
from pathlib import Path

import pytest

from tests.servers.build import program
from tests.servers.vault import Vault
from tests.vaultenv.agent.conftest import Pod
from vaultenv.agent_settings import AgentFile

DEFAULT = {
    "map": '{{ with secret "%s" }}{{ range $k, $v := .Data }}{{ $k }}: {{ $v }}\n{{ end }}{{ end }}',
    "json": '{{ with secret "%s" }}{{ .Data | toJSON }}\n{{ end }}',
}
"""HashiCorp's injector writes these into the agent's configuration (vault-k8s, agent-inject/agent/config.go)."""


def theirs(folder: Path, vault: Vault, files: list[AgentFile]) -> None:
    """Have HashiCorp's agent write the files, below `folder` instead of the folder of secrets."""
    templates = [
        {
            "destination": str(folder / Path(file.file).name),
            "contents": file.source.template or DEFAULT[file.source.default or "map"] % file.source.path,
            "left_delimiter": file.source.left,
            "right_delimiter": file.source.right,
            **({} if file.mode is None else {"perms": f"{file.mode:04o}"}),
        }
        for file in files
    ]
    token = folder / "token-of-the-test"
    folder.mkdir(parents=True)
    token.write_text(vault.token)
    config = {
        "exit_after_auth": True,
        "pid_file": str(folder / "pid"),
        "vault": {"address": vault.address, "ca_cert": str(vault.ca_file)},
        "auto_auth": {
            "method": [{"type": "token_file", "config": {"token_file_path": str(token)}}],
            "sinks": [{"sink": {"type": "file", "config": {"path": str(folder / "sink")}}}],
        },
        "template": templates,
        "template_config": {"exit_on_retry_failure": True},
    }
    (folder / "agent.json").write_text(json.dumps(config))
    done = subprocess.run(
        [program("vault"), "agent", f"-config={folder / 'agent.json'}"],
        capture_output=True,
        text=True,
        timeout=60,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("each_launcher")
def test_files_have_the_bytes_and_modes_that_hashicorps_agent_writes(pod: Pod, tmp_path: Path) -> None:
    pod.vault.put_secret(
        "secret/data/shapes",
        text="two\nlines",
        quoted='a "b" <c> & d',
        number=12,
        large=12345678901234567890,
        fraction=1.50,
        yes=True,
        nothing=None,
        some=["a", 1, None, {"k": "v"}],
        inner={"b": {"c": "d"}, "a": ""},
        **{"with-hyphen": "ü\u2028"},
    )
    each = '{{ with secret "secret/shapes" }}{{ range $k, $v := .Data.data }}export {{ $k }}={{ $v }}\n{{ end }}{{ end }}'
    files = [
        pod.file("map", path="secret/data/shapes"),
        pod.file("json", path="secret/data/shapes", default="json"),
        pod.file("map-short", path="secret/shapes", mode=0o400),
        pod.file("kv1", path="kv1/account", default="json", mode=0o640),
        pod.file("each", each),
        pod.file("keys", '{{ range secrets "secret/" }}{{ . }} {{ end }}'),
        pod.file("index", '{{ with secret "secret/shapes" }}{{ index .Data.data "with-hyphen" }}{{ end }}\n'),
        pod.file("toYAML", '{{ with secret "secret/shapes" }}{{ .Data.data | toYAML }}{{ end }}'),
        pod.file("trim", "\n  {{- /* nothing */ -}}  \n{{ `raw` }}\t{{ 1 | printf `%03d` }}\n"),
        pod.file("missing", '{{ with secret "secret/shapes" }}{{ .Data.data.none }}{{ end }}'),
    ]
    assert pod.init(pod.settings(*files)).returncode == 0
    theirs(tmp_path / "theirs", pod.vault, files)
    for file in files:
        ours, other = Path(file.file), tmp_path / "theirs" / Path(file.file).name
        assert ours.read_bytes() == other.read_bytes(), file.source.name
        assert stat.S_IMODE(ours.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)
