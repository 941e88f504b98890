"""The handover between agents of one pod: on a real Vault, no credentials and no login are issued twice."""

import json
import stat
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.vault import Vault
from tests.vaultenv.agent.conftest import Pod, until
from tests.vaultenv.agent.test_stay import ended, login
from vaultenv.agent.handover import Handover, handover_text, read_handover
from vaultenv.agent_settings import AgentSettings
from vaultenv.basics.jsontext import Number
from vaultenv.renewal.schedule import EXPIRING, LEASED, Held, Terms
from vaultenv.template.consul.needs import Certificate, Read, Write

CREDS = '{{ with secret "rabbitmq/creds/app" }}{{ .Data.username }} {{ .LeaseID }}{{ end }}'
PAIRS = st.lists(st.tuples(st.text(), st.text())).map(tuple)
NEEDS = st.one_of(st.builds(kind, st.text(), PAIRS) for kind in (Read, Write, Certificate))
SECONDS = st.floats(0, 1e9)


LEASE = {"lease_id": "a/1", "data": {"k": "\u00fc", "l": [None, True, {}]}}
ISSUED = {"data": {"certificate": "c", "expiration": Number("1")}}


@given(NEEDS, SECONDS, SECONDS, st.booleans())
def test_a_handover_is_read_as_it_was_written(
    need: Read, due_at: float, first_s: float, renewable: bool
) -> None:
    kind, body = (LEASED, LEASE) if renewable else (EXPIRING, ISSUED)
    held = Held(
        Terms(kind, first_s, str(body.get("lease_id", "")), renewable), due_at, 2e9, first_s, renewable
    )
    written = Handover("t", {"lease_duration": 5, "renewable": True}, 12.5, [(need, body, held)])
    with NamedTemporaryFile() as file:
        file.write(handover_text(written))
        file.flush()
        found, later = read_handover(file.name, 13.0), read_handover(file.name, 3e9)
        assert read_handover(file.name, 12.0) is None
    assert found
    assert later
    assert (found.token, found.logged_in_at, found.issued) == ("t", 12.5, [(need, body, held)])
    assert later.issued == []


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"token":1}', '{"logged_in_at":"x","issued":[],"token":"","auth":{}}']
)
def test_a_malformed_handover_is_ignored(tmp_path: Path, text: str) -> None:
    (tmp_path / "a").write_text(text)
    assert read_handover(str(tmp_path / "a"), 1.0) is None
    assert read_handover(str(tmp_path / "none"), 1.0) is None


@pytest.fixture
def handing(pod: Pod, leasing: Vault) -> AgentSettings:
    """Return settings of agents with a handover."""
    return pod.settings(
        pod.file("creds", CREDS),
        token_file=str(pod.secrets / "token"),
        handover=str(pod.folder / "cache/handover"),
    )


@pytest.mark.timed
@pytest.mark.usefixtures("each_launcher")
def test_the_staying_agent_continues_the_inits_login_and_leases(pod: Pod, handing: AgentSettings) -> None:
    settings = login(pod.vault)
    assert pod.init(handing, **settings).returncode == 0
    file = pod.folder / "cache/handover"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first, token = pod.text("creds"), pod.text("token")
    process = pod.stay(handing, **settings)
    until(lambda: pod.status(handing, "live")[0] == 0)
    lease = {"lease_id": first.split()[1]}
    until(lambda: pod.vault.write("sys/leases/lookup", lease)["data"]["last_renewal"] is not None)
    assert (pod.text("creds"), pod.text("token")) == (first, token)
    status, log = ended(process)
    assert (status, "going on with the login" in log, "received new Vault token" in log) == (0, True, False)


@pytest.mark.usefixtures("each_launcher")
def test_an_ended_login_is_not_continued(pod: Pod, handing: AgentSettings) -> None:
    settings = login(pod.vault)
    assert pod.init(handing, **settings).returncode == 0
    first = pod.text("creds")
    token = json.loads((pod.folder / "cache/handover").read_text())["token"]
    pod.vault.write("auth/token/revoke", {"token": token})
    done = pod.init(handing, **settings)
    assert done.returncode == 0
    assert pod.text("creds") != first
    assert b"received new Vault token" in done.stderr
