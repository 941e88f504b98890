"""VAULT_ENV_AGENT: what the webhook writes, the agent reads, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultenv.agent_document import agent_text, parse_agent
from vaultenv.agent_settings import AgentFile, AgentSettings, Listener
from vaultenv.template_sources import TemplateSource

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
PART = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1)
PATH = st.lists(PART.filter(lambda part: part not in (".", "..")), min_size=1, max_size=4).map(
    lambda parts: "/" + "/".join(parts)
)
SECONDS = st.integers(1, 10**9).map(float) | st.integers(1, 86400 * 10**3).map(lambda ms: ms / 1000)
FILES = st.builds(
    AgentFile,
    st.builds(TemplateSource, TEXT, TEXT, st.text(), missing_key=st.sampled_from(["", "error"])),
    PATH,
    st.just("") | PATH,
    st.none() | st.integers(0, 0o7777),
    st.text(),
    st.none() | SECONDS,
)
SETTINGS = st.builds(
    AgentSettings,
    st.lists(FILES, max_size=3).map(tuple),
    st.just("") | PATH,
    SECONDS,
    st.integers(1, 10**9).map(lambda part: part / 10**9),
    st.booleans(),
    st.booleans(),
    SECONDS,
    SECONDS,
    st.booleans(),
    PATH,
    st.just("") | PATH,
    st.none()
    | st.builds(Listener, st.integers(1, 65535), st.sampled_from(["true", "false", "force"]), st.booleans()),
    st.integers(0, 0o7777),
)


@given(SETTINGS)
def test_settings_are_read_as_they_were_written(written: AgentSettings) -> None:
    text = agent_text(written)
    assert text.isascii()
    assert parse_agent(text) == written


def test_fields_with_their_usual_value_are_left_out() -> None:
    assert json.loads(agent_text(AgentSettings(listener=Listener()))) == {"files": [], "listener": {}}
    file = AgentFile(TemplateSource("a", "secret/a", default="map"), "/vault/secrets/a")
    assert json.loads(agent_text(AgentSettings((file,)))) == {
        "files": [{"name": "a", "path": "secret/a", "default": "map", "file": "/vault/secrets/a"}]
    }


def test_every_field_has_its_form() -> None:
    file = AgentFile(TemplateSource("a", template="{{ . }}"), "/s/a", "/t/a", 0o640, "pkill -HUP app", 0.5)
    settings = AgentSettings(
        (file,),
        "/s/token",
        90.0,
        0.85,
        False,
        True,
        2.0,
        60.0,
        True,
        "/h",
        "/c/leases",
        Listener(8100, "force", True),
    )
    assert json.loads(agent_text(settings)) == {
        "files": [
            {
                "name": "a",
                "template": "{{ . }}",
                "file": "/s/a",
                "template_file": "/t/a",
                "mode": "0640",
                "command": "pkill -HUP app",
                "interval": "0.5s",
            }
        ],
        "token_file": "/s/token",
        "interval": "90s",
        "lease_threshold": "0.85",
        "exit_on_retry_failure": False,
        "exit_on_login_error": True,
        "min_backoff": "2s",
        "max_backoff": "60s",
        "revoke_on_shutdown": True,
        "home": "/h",
        "handover": "/c/leases",
        "listener": {"port": 8100, "token": "force", "quit": True},
    }


def test_durations_are_read_as_go_writes_them() -> None:
    assert parse_agent('{"interval": "1m30s"}').interval_s == 90


SOURCE = '"name": "a", "path": "b"'
BAD = [
    ("{", "not JSON"),
    ("[]", "it is not a JSON object"),
    ('{"intervals": "1s"}', "it has the unknown field 'intervals'"),
    ('{"interval": 5}', "it: interval is not a value that it can have"),
    ('{"interval": "0s"}', "it: interval is not a value that it can have"),
    ('{"lease_threshold": "0"}', "it: lease_threshold is not a value that it can have"),
    ('{"lease_threshold": "1.5"}', "it: lease_threshold is not a value that it can have"),
    ('{"revoke_on_shutdown": "true"}', "it: revoke_on_shutdown is not a value that it can have"),
    ('{"token_file": "token"}', "it: token_file is not a value that it can have"),
    ('{"home": "/a/../b"}', "it: home is not a value that it can have"),
    ('{"home": "/"}', "it: home is not a value that it can have"),
    ('{"files": {}}', "it: files is not a list"),
    ('{"files": ["a"]}', "file 1 is not an object"),
    ('{"files": [{"path": "b", "file": "/c"}]}', "file 1 is not an object with a name"),
    (f'{{"files": [{{{SOURCE}}}]}}', "file 1 has no field 'file'"),
    (f'{{"files": [{{{SOURCE}, "file": "c"}}]}}', "file 1: file is not a value that it can have"),
    (f'{{"files": [{{{SOURCE}, "file": "/a/./c"}}]}}', "file 1: file is not a value that it can have"),
    (
        f'{{"files": [{{{SOURCE}, "file": "/c", "mode": "0o64"}}]}}',
        "file 1: mode is not a value that it can have",
    ),
    (
        f'{{"files": [{{{SOURCE}, "file": "/c", "mode": "00640"}}]}}',
        "file 1: mode is not a value that it can have",
    ),
    (f'{{"files": [{{{SOURCE}, "file": "/c", "modes": "1"}}]}}', "file 1 has the unknown field 'modes'"),
    ('{"files": [{"name": "a", "file": "/c"}]}', "file 1 has neither path nor template nor template_file"),
    ('{"listener": 1}', "listener is not an object"),
    ('{"listener": {"port": 0}}', "listener: port is not a value that it can have"),
    ('{"listener": {"port": 8200.5}}', "listener: port is not a value that it can have"),
    ('{"listener": {"token": "yes"}}', "listener: token is not a value that it can have"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_another_form_is_an_error_that_says_where(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        parse_agent(text)
