"""Rounds of an agent with the test's own clocks, on a Vault made of answers."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.vaultenv.agent.test_certificates import KEY_PEM, pem
from vaultenv.agent.agent import Agent
from vaultenv.agent.parts import Parts
from vaultenv.agent.rendering import File
from vaultenv.agent.writing import Writer
from vaultenv.agent_settings import AgentFile, AgentSettings
from vaultenv.basics.log import Log
from vaultenv.errors import (
    NotResolved,
    NotVault,
    PermissionRefused,
    SecretNotFound,
    TokenRefused,
    VaultEnvError,
    VaultUnavailable,
)
from vaultenv.settings import Settings
from vaultenv.template.consul.needs import Read
from vaultenv.template_sources import TemplateSource

VALUE = '{{ with secret "%s" }}{{ .Data.value }}{{ end }}'


class Clock:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def date(self) -> float:
        return 1_700_000_000.0 + self.now

    def chance(self) -> float:
        return 0.5


class Answers:
    """A Vault for an agent: an answer, or an error, for each path."""

    def __init__(self, **bodies: Any) -> None:
        self.found: dict[str, Any] = bodies
        self.read_paths: list[str] = []
        self.login_lease: dict[str, object] = {}
        self.token = "t"
        self.logins = 0
        self.login_error: VaultEnvError | None = None

    def within(self, _deadline: object) -> None:
        """Do nothing: there is nothing to wait for."""

    def use(self, token: str) -> None:
        self.token = token

    def login(self, _reads: int = 0, _meanwhile: object = None) -> None:
        """Give a token that Vault does not renew."""
        if self.login_error:
            raise self.login_error
        self.logins += 1
        self.token, self.login_lease = f"t{self.logins}", {"lease_duration": 99_000}

    def written(self, path: str, _body: str) -> Any:
        return self.bodies([(path, "")])[0]

    def mounts(self, paths: Sequence[str]) -> list[dict[str, Any]]:
        return [{} for _ in paths]

    def bodies(self, questions: Sequence[tuple[str, object]]) -> list[Any]:
        self.read_paths += [path for path, _ in questions]
        return [self.found.get(path, SecretNotFound(f"path not found: {path}")) for path, _ in questions]

    def call(self, _method: str, path: str, _body: str = "", retries: int | None = -1) -> dict[str, Any]:
        self.read_paths.append(path)
        answer = self.found[path]
        if isinstance(answer, VaultEnvError):
            raise answer
        return dict(answer)


def value(text: str, **more: object) -> dict[str, object]:
    return {"data": {"value": text}, **more}


class Scene:
    """An agent with one file for each path, named as the path."""

    def __init__(
        self,
        folder: Path,
        vault: Answers,
        *paths: str,
        templates: Mapping[str, str] | None = None,
        logs_in: bool = False,
        environ: Mapping[bytes, bytes] | None = None,
        **more: Any,
    ) -> None:
        texts = templates or {path: VALUE % path for path in paths}
        files = [
            AgentFile(TemplateSource(name, template=text, missing_key="error"), str(folder / "s" / name))
            for name, text in texts.items()
        ]
        self.folder = folder
        self.vault = vault
        self.clock = Clock()
        launcher = Settings({} if logs_in else {b"VAULT_TOKEN": b"t"})
        settings = AgentSettings(tuple(files), home=str(folder / "h"), **more)
        parts = Parts(settings, launcher, vault, Log("error"), self.clock, Writer(), environ or {})  # type: ignore[arg-type]
        self.agent = Agent(parts, lambda _: "")

    def text(self, path: str) -> str:
        file = self.folder / "s" / path
        return file.read_text() if file.exists() else ""

    def next_round(self) -> float:
        """Go on to the time of the next round, do it, and return the seconds until then."""
        waited, self.clock.now = self.agent.due_at() - self.clock.now, self.agent.due_at()
        self.agent.round()
        return waited


def test_only_due_secrets_are_read_again(tmp_path: Path) -> None:
    vault = Answers(a=value("1"), b=value("2", lease_id="b/1", lease_duration=100))
    scene = Scene(tmp_path, vault, "a", "b")
    scene.agent.round()
    assert (vault.read_paths, scene.agent.is_complete) == (["a", "b"], True)
    vault.found["b"] = value("3", lease_id="b/2", lease_duration=1000)
    assert scene.next_round() == pytest.approx(90)
    assert (vault.read_paths, scene.text("b")) == (["a", "b", "b"], "3")
    vault.found["a"] = value("4")
    assert scene.next_round() == pytest.approx(180)
    assert (vault.read_paths[3:], scene.text("a")) == (["a"], "4")


def test_a_folder_of_many_files_is_swept_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[str] = []
    monkeypatch.setattr(Writer, "sweep", lambda _, folder: swept.append(folder))
    Scene(tmp_path, Answers(), "a", "b")
    assert swept == [f"{tmp_path}/s"]


def test_the_default_template_has_delimiters_of_its_own(tmp_path: Path) -> None:
    source = TemplateSource("a", path="kv/a", left="[[", right="]]")
    assert next(File(AgentFile(source, "/a"), 1.0, {}).template.rounds()) == (Read("kv/a"),)
    file = tmp_path / "a.ctmpl"
    file.write_text('[[ secret "kv/b" ]]')
    assert next(File(AgentFile(source, "/a", str(file)), 1.0, {}).template.rounds()) == (Read("kv/b"),)


def test_a_token_that_a_template_made_is_made_anew_before_its_end(tmp_path: Path) -> None:
    vault = Answers(a=value("1", lease_id="", auth={"accessor": "c", "lease_duration": 3600}))
    scene = Scene(tmp_path, vault, "a")
    scene.agent.round()
    assert scene.next_round() == pytest.approx(3240)
    assert vault.read_paths == ["a", "a"]


@pytest.mark.parametrize(("threshold", "part"), [(0.9, 0.9), (0.5, 0.5)])
def test_a_certificate_in_the_file_is_used_again_for_the_annotated_part_of_its_life(
    tmp_path: Path, threshold: float, part: float
) -> None:
    first = dt.datetime.fromtimestamp(1_700_000_000, dt.UTC)
    issued = pem("app", "ca", first, first + dt.timedelta(seconds=10_000))
    body = {"data": {"certificate": issued, "private_key": KEY_PEM}}
    template = '{{ with pkiCert "pki" }}{{ .Cert }}{{ .Key }}{{ end }}'
    for expected in (["pki"], []):
        vault = Answers(pki=body)
        scene = Scene(tmp_path, vault, lease_threshold=threshold, templates={"pki": template})
        scene.agent.round()
        assert vault.read_paths == expected
        assert scene.next_round() == pytest.approx(part * 10_000 - 1000)


def test_a_failing_secret_stops_no_other_and_ends_the_agent_after_five_minutes(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Answers(a=value("1")), "a", "none")
    scene.agent.round()
    assert (scene.text("a"), scene.agent.is_complete) == ("1", False)
    began = scene.clock.now
    with pytest.raises(NotResolved, match=r"path not found: none \(secret none\)"):
        while True:
            scene.next_round()
    assert scene.clock.now - began == pytest.approx(303.75)
    assert scene.vault.read_paths.count("none") == 13


def test_a_missing_secret_is_retried_with_growing_pauses(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Answers(), "none", exit_on_retry_failure=False)
    scene.agent.round()
    waited = [scene.next_round() for _ in range(20)]
    assert waited[11:16] == pytest.approx([60, 120, 240, 300, 300])
    scene.vault.found["none"] = value("late")
    scene.next_round()
    assert (scene.text("none"), scene.agent.is_complete) == ("late", True)


def test_an_outage_after_the_first_files_never_ends_the_agent(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Answers(a=value("1")), "a")
    scene.agent.round()
    scene.vault.found["a"] = VaultUnavailable("Vault is gone")
    scene.next_round()
    since = scene.agent.status.troubles["secret a"].since_s
    assert since == scene.clock.date()
    for _ in range(30):
        scene.next_round()
    trouble = scene.agent.status.troubles["secret a"]
    assert (trouble.since_s, trouble.why) == (pytest.approx(since), "Vault is gone")
    assert (scene.text("a"), scene.agent.status.is_complete) == ("1", True)
    scene.vault.found["a"] = value("2")
    scene.next_round()
    assert (scene.text("a"), scene.agent.status.troubles) == ("2", {})


def test_the_first_login_after_an_outage_has_all_failed_secrets_read_at_once(tmp_path: Path) -> None:
    """Before, they waited for their own pauses, which are up to five minutes."""

    class Returning(Answers):
        def login(self, _reads: int = 0, _meanwhile: object = None) -> None:
            super().login()
            self.found["a"] = value(f"of login {self.logins}")

    vault = Returning()
    scene = Scene(tmp_path, vault, "a", logs_in=True)
    scene.agent.round()
    vault.login_error = vault.found["a"] = VaultUnavailable("Vault is gone")
    scene.clock.now += 100_000
    for _ in range(40):
        scene.next_round()
    vault.login_error = None
    while vault.logins == 1:
        assert scene.text("a") == "of login 1"
        scene.next_round()
    assert (scene.text("a"), scene.agent.status.troubles) == ("of login 2", {})


def test_a_lease_that_ended_in_an_outage_is_stale_since_its_end(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Answers(a=value("1", lease_id="a/1", lease_duration=100)), "a")
    scene.agent.round()
    ends_at = scene.clock.date() + 100
    scene.vault.found["a"] = VaultUnavailable("Vault is gone")
    while scene.clock.date() < ends_at:
        scene.next_round()
    assert scene.agent.status.troubles["secret a"].since_s == pytest.approx(ends_at - 9.9, abs=10)


def test_a_renewal_that_fails_is_tried_again_and_then_the_secret_is_read(tmp_path: Path) -> None:
    leased = value("1", lease_id="a/1", lease_duration=90, renewable=True)
    scene = Scene(tmp_path, Answers(**{"a": leased, "sys/leases/renew": VaultUnavailable("gone")}), "a")
    scene.agent.round()
    assert scene.next_round() == pytest.approx(60)
    assert scene.next_round() == pytest.approx(0.25)
    scene.vault.found["sys/leases/renew"] = {"lease_duration": 90}
    scene.next_round()
    assert scene.next_round() == pytest.approx(60)
    scene.vault.found |= {
        "sys/leases/renew": {"lease_duration": 10},
        "a": value("2", lease_id="a/2", lease_duration=90),
    }
    scene.next_round()
    assert scene.text("a") == "1"
    assert scene.next_round() == pytest.approx(9)
    assert scene.text("a") == "2"


def test_a_template_that_fails_later_keeps_its_file_and_is_in_the_status(tmp_path: Path) -> None:
    vault = Answers(a=value("1"))
    scene = Scene(tmp_path, vault, "a")
    scene.agent.round()
    vault.found["a"] = {"data": {"other": "2"}}
    scene.next_round()
    assert (scene.text("a"), scene.agent.status.troubles.keys()) == ("1", {"template a"})
    vault.found["a"] = value("2")
    scene.next_round()
    assert (scene.text("a"), scene.agent.status.troubles) == ("2", {})


def test_a_file_that_cannot_be_written_later_is_written_when_it_can(tmp_path: Path) -> None:
    vault = Answers(a=value("1"))
    scene = Scene(tmp_path, vault, "a")
    scene.agent.round()
    (tmp_path / "s/a").unlink()
    (tmp_path / "s/a").mkdir()
    vault.found["a"] = value("2")
    scene.next_round()
    assert scene.agent.status.troubles.keys() == {"template a"}
    assert scene.next_round() == pytest.approx(0.25)
    (tmp_path / "s/a").rmdir()
    assert scene.next_round() == pytest.approx(0.5)
    assert (scene.text("a"), scene.agent.status.troubles) == ("2", {})


def test_a_token_file_that_cannot_be_written_later_is_written_when_it_can(tmp_path: Path) -> None:
    """Programs read it when they need a token: before, it was tried again when the next secret was due, hours later."""
    file = tmp_path / "token"
    vault = Answers(a=value("1", lease_id="a/1", lease_duration=100_000))
    scene = Scene(tmp_path, vault, "a", logs_in=True, token_file=str(file))
    scene.agent.round()
    assert file.read_text() == "t1"
    file.unlink()
    file.mkdir()
    assert scene.next_round() == pytest.approx(90_000, 0.1)
    assert "token file" in scene.agent.status.troubles
    file.rmdir()
    assert scene.next_round() <= 10
    assert file.read_text() == "t2"


def test_a_token_file_is_written_also_while_another_login_fails(tmp_path: Path) -> None:
    """Before, it waited for the login, and the log told that it was well again."""
    file = tmp_path / "token"
    vault = Answers(a=value("1", lease_id="a/1", lease_duration=100_000))
    scene = Scene(tmp_path, vault, "a", logs_in=True, token_file=str(file))
    scene.agent.round()
    file.unlink()
    file.mkdir()
    scene.next_round()
    vault.login_error = VaultUnavailable("sealed")
    scene.clock.now += 100_000
    scene.agent.round()
    scene.agent.round()
    assert scene.agent.status.troubles.keys() == {"login", "token file"}
    file.rmdir()
    assert scene.next_round() <= 10
    assert scene.agent.status.troubles.keys() == {"login"}
    assert file.read_text() == "t2"


@pytest.mark.parametrize(
    ("error", "is_adopted"),
    [
        (VaultUnavailable("sealed"), True),
        (NotVault("a page of a proxy"), True),
        (TokenRefused("invalid token"), False),
        (PermissionRefused("permission denied"), False),
    ],
)
def test_the_login_of_the_agent_before_is_used_unless_vault_refuses_its_token(
    tmp_path: Path, error: VaultEnvError, is_adopted: bool
) -> None:
    scene = Scene(tmp_path, Answers(**{"auth/token/lookup-self": error}))
    assert scene.agent._login.adopt("before", {"lease_duration": 60}, 900.0) == is_adopted


def test_credentials_rotated_by_hand_are_found_at_the_interval_and_their_remaining_time_is_no_change(
    tmp_path: Path,
) -> None:
    def role(password: str, ttl: int) -> dict[str, object]:
        return {"data": {"value": password, "ttl": ttl, "rotation_period": 86_400}}

    vault = Answers(a=role("1", 86_000))
    scene = Scene(
        tmp_path, vault, templates={"a": '{{ with secret "a" }}{{ .Data.value }} {{ .Data.ttl }}{{ end }}'}
    )
    scene.agent.round()
    vault.found["a"] = role("1", 85_700)
    assert scene.next_round() == pytest.approx(300, 0.16)
    assert scene.text("a") == "1 86000"
    vault.found["a"] = role("2", 86_399)
    scene.next_round()
    assert scene.text("a") == "2 86399"


CERTIFICATE = {"data": {"value": "1", "certificate": "c", "expiration": 1_700_002_000}}
LEASE = value("1", lease_id="a/1", lease_duration=5000)
AGAIN = value("2", lease_id="a/2", lease_duration=5000)


@pytest.mark.parametrize(
    ("first", "known", "text"),
    [
        (LEASE, {}, "1"),
        (LEASE, TokenRefused("invalid token"), "2"),
        (CERTIFICATE, {}, "1"),
        (CERTIFICATE, TokenRefused("invalid token"), "1"),
        (value("1"), {}, "2"),
    ],
)
def test_what_vault_has_issued_is_not_issued_again_to_the_next_agent(
    tmp_path: Path, first: dict[str, object], known: object, text: str
) -> None:
    for answer in (first, AGAIN):
        vault = Answers(**{"a": answer, "auth/token/lookup-self": known})
        scene = Scene(tmp_path, vault, "a", logs_in=True, handover=str(tmp_path / "leases"))
        scene.agent.round()
    assert scene.text("a") == text
    assert vault.logins == (known != {})


def test_a_template_sees_where_the_pod_runs(tmp_path: Path) -> None:
    text = '{{ with secret (printf "a/%s" (env "NAMESPACE")) }}{{ .Data.value }} {{ env "POD_IP" }}{{ end }}'
    environ = {b"NAMESPACE": b"shop", b"POD_IP": b"10.0.0.7", b"HOME": b"/root"}
    scene = Scene(tmp_path, Answers(**{"a/shop": value("1")}), templates={"a": text}, environ=environ)
    scene.agent.round()
    assert scene.text("a") == "1 10.0.0.7"


@pytest.mark.parametrize("name", ["HOME", "HOST_IP", "POD_IP"])
def test_a_variable_that_is_none_of_the_pods_facts_or_not_set_is_an_error(tmp_path: Path, name: str) -> None:
    templates = {"a": '{{ with secret "a" }}{{ env .Data.value }}{{ end }}'}
    environ = {b"HOME": b"/root", b"POD_IP": b""}
    scene = Scene(tmp_path, Answers(a=value(name)), templates=templates, environ=environ)
    with pytest.raises(NotResolved) as error:
        scene.agent.round()
    message = str(error.value)
    assert ("is not set" in message, "does not see" in message) == (name != "HOME", name == "HOME")
    assert "/root" not in message
