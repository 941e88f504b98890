"""The last step of the build: the same bytes each time, and only modules that a quick start can afford."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.vault import Vault
from tests.vaultenv.native.compiled import HERE
from tests.vaultenv.test_imports import ALLOWED, foreign
from vaultenv.agent_document import agent_text
from vaultenv.agent_settings import AgentFile, AgentSettings
from vaultenv.native.build.architecture import native
from vaultenv.native.build.freeze import LEFT_OUT, STANDARD_LIBRARY
from vaultenv.native.build.link import OPTIONAL, ROOT, freeze, link
from vaultenv.template_sources import TemplateSource, sources_text

pytestmark = pytest.mark.launcher


def test_two_builds_are_the_same_byte_for_byte(static_file: Path, tmp_path: Path) -> None:
    work = tmp_path / "a folder with another name"
    work.mkdir()
    assert link(native(), work).read_bytes() == static_file.read_bytes()


@pytest.fixture(scope="module")
def reporter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a launcher that prints the names of loaded modules before it executes the program or ends."""
    work = tmp_path_factory.mktemp("reporter")
    return link(native(), work, HERE / "report_modules.c", "-Wl,--wrap=execve", "-Wl,--wrap=_exit")


@pytest.fixture
def login(secrets: Vault) -> dict[str, str]:
    """The variables of a login that may read the account."""
    if "userpass/" not in secrets.read("sys/auth"):
        secrets.write("sys/auth/userpass", {"type": "userpass"})
    secrets.policy("reporter", 'path "secret/data/account" { capabilities = ["read"] }')
    secrets.write("auth/userpass/users/reporter", {"password": "p", "token_policies": "reporter"})
    return {
        "VAULT_ADDR": secrets.address,
        "VAULT_CACERT": str(secrets.ca_file),
        "VAULT_AUTH_METHOD": "userpass",
        "VAULT_USERNAME": "reporter",
        "VAULT_PASSWORD": "p",
    }


_SOURCE = TemplateSource("a", "secret/data/account")
_TEMPLATE = '{{ with secret "secret/data/account" }}{{ range $k, $v := .Data.data }}{{ $k }}={{ $v }}\n{{ end }}{{ end }}'
BRINGING = {
    "reference": {"A": "vault:secret/data/account#password"},
    "from-path": {"VAULT_ENV_FROM_PATH": "secret/data/account"},
    "path": {"VAULT_ENV_TEMPLATES": sources_text([_SOURCE])},
    "template": {"VAULT_ENV_TEMPLATES": sources_text([TemplateSource("a", template=_TEMPLATE)])},
}


@pytest.mark.parametrize("bringing", BRINGING)
@pytest.mark.parametrize(
    "enter", [[], ["unshare", "--map-root-user", "--fork", "--pid"]], ids=["exec", "pod"]
)
def test_the_frozen_file_stays_in_the_import_budget_without_the_import_system(
    login: dict[str, str], reporter: Path, enter: list[str], bringing: str
) -> None:
    """The launcher runs as the first process of a container, and as a later one."""
    environ = {**login, "PATH": os.defpath, **BRINGING[bringing]}
    command = [*enter, reporter, "/bin/true"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    modules = set(done.stdout.split())
    assert "vaultenv.client.api" in modules
    assert ("vaultenv.template.consul.rendering" in modules) == (bringing == "template")
    assert foreign(modules) <= ALLOWED | {"builtins"}


def test_an_agent_that_writes_its_files_once_does_not_use_the_import_system(
    login: dict[str, str], reporter: Path, tmp_path: Path
) -> None:
    file = AgentFile(TemplateSource("a", template=_TEMPLATE), str(tmp_path / "a"))
    settings = AgentSettings((file,), home=str(tmp_path / "home"), handover=str(tmp_path / "handover"))
    environ = {**login, "VAULT_ENV_AGENT": agent_text(settings)}
    done = subprocess.run(
        [reporter, "--agent-init"], env=environ, stdout=subprocess.PIPE, text=True, check=True
    )
    modules = set(done.stdout.split())
    assert {"vaultenv.agent.handover", "vaultenv.template.consul.rendering"} <= modules
    assert "vaultenv.agent.certificates" not in modules
    assert foreign(modules) <= ALLOWED | {"builtins", "_vaultenv_native"}
    status = [reporter, "--agent-status", "ready"]
    done = subprocess.run(status, env=environ, stdout=subprocess.PIPE, text=True, check=True)
    modules = set(done.stdout.split())
    assert "vaultenv.agent.status" in modules
    assert "_frozen_importlib" not in modules


def test_a_build_without_the_parts_that_only_save_time_starts_programs_alike(tmp_path: Path) -> None:
    store = tmp_path / "secrets.json"
    store.write_text('{"secret/data/a": {"k": "v"}}')
    environ = {"VAULT_ADDR": f"file://{store}", "A": "vault:secret/data/a#k"}
    work = tmp_path / "work"
    work.mkdir()
    plain = link(native(), work, without=OPTIONAL)
    done = subprocess.run([plain, "/usr/bin/env"], env=environ, capture_output=True, text=True, check=True)
    assert "A=v" in done.stdout.splitlines()


_RENDERING = r"""
import posix
from vaultenv.basics.jsontext import loads
from vaultenv.template.consul import answers, needs
from vaultenv.template.consul.template import parse
from vaultenv.template.errors import TemplateError
from vaultenv.template.values import raw

body = loads(b'{"data": {"b": "gICA/w==", "u": "\\u00fcber \\u00c4\\u0301b \\u200bc", "n": 1.50, "j": "{\\"k\\":[1e3]}"}}')
for text in TEXTS:
    try:
        output = raw(parse(text, "t").render({needs.read("kv"): answers.secret(body)}, now_s=1e9).text)
    except TemplateError as error:
        output = str(error).encode()
    posix.write(1, output + b"\n")
"""
_FORMS = (
    "md5sum .u",
    "sha256Hex .u",
    "hmacSHA256Hex .u .b",
    "toTitle .u",
    "toUpper .u",
    ".b | base64Decode",
    ".b | base64Decode | toJSON",
    ".b | base64Decode | printf `%q`",
    'regexReplaceAll "\\\\pL+" "<$0>" .u',
    'regexMatch "(" .u',
    "parseJSON .j",
    "parseJSON .u",
    "parseJSON .j | toYAML",
    "parseJSON .j | toTOML",
    "parseYAML `a: [1, 2.5, x]`",
    "parseYAML `a: [`",
    "printf `%08.3f|%x|%T` 1.5 .u .n",
    "parseFloat `1e999`",
    "timestamp",
    "range loop 3 }}{{ . }}{{ end",
    ".nothing.more",
    "len 1",
    'executeTemplate ""',
    'indent 9999999 "a"',
    "nosuch",
)


def test_templates_render_in_the_file_as_they_do_elsewhere(tmp_path: Path) -> None:
    texts = [
        f'{{{{ with secret "kv" }}}}{{{{ with .Data }}}}{{{{ {form} }}}}{{{{ end }}}}{{{{ end }}}}'
        for form in _FORMS
    ]
    code = f"TEXTS = {texts!r}\n{_RENDERING}"
    runner = link(native(), tmp_path, HERE / "run_python.c", "-Wl,--wrap=execve")
    here = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    store = tmp_path / "secrets.json"
    store.write_text('{"secret/data/a": {"k": "v"}}')
    environ = {"VAULT_ADDR": f"file://{store}", "A": "vault:secret/data/a#k"}
    done = subprocess.run([runner, "/bin/true", code], env=environ, capture_output=True, check=True)
    assert done.stdout == here.stdout
    assert len(done.stdout.splitlines()) >= len(texts)


def test_an_internal_error_is_logged_with_kind_and_place_without_its_message(tmp_path: Path) -> None:
    wrapped = "-Wl,--wrap=PyEval_EvalCode"
    failing = link(native(), tmp_path, HERE / "fail_inside.c", wrapped)
    done = subprocess.run([failing, "--version"], capture_output=True, text=True, check=False)
    expected = (
        'level=ERROR msg="internal error: ValueError in <string>, line 2: please report it" app=vault-env\n'
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)


def test_every_module_of_the_launcher_is_frozen_and_hardly_anything_else(tmp_path: Path) -> None:
    freeze(tmp_path)
    frozen = set((tmp_path / "frozen.txt").read_text().split())
    names = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in (ROOT / "vaultenv").rglob("*.py")
    }
    left_out = {name for name in names if name.startswith(LEFT_OUT)}
    assert names - frozen == left_out
    assert frozen - names == set(STANDARD_LIBRARY)
