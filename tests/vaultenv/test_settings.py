"""The table of variables, and what their texts mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultenv.basics.duration import seconds
from vaultenv.errors import InvalidSetting
from vaultenv.settings import Settings
from vaultenv.start.environment import child_environ, removed
from vaultenv.variable_types import AUTH_METHODS
from vaultenv.variables import NEVER, VARIABLES, Variable

PREDECESSORS = """
VAULT_TOKEN VAULT_ADDR VAULT_AGENT_ADDR VAULT_CACERT VAULT_CAPATH VAULT_CLIENT_CERT VAULT_CLIENT_KEY
VAULT_CLIENT_TIMEOUT VAULT_SRV_LOOKUP VAULT_SKIP_VERIFY VAULT_NAMESPACE VAULT_TLS_SERVER_NAME
VAULT_WRAP_TTL VAULT_MFA VAULT_MAX_RETRIES VAULT_CLUSTER_ADDR VAULT_REDIRECT_ADDR VAULT_CLI_NO_COLOR
VAULT_RATE_LIMIT VAULT_ROLE VAULT_PATH VAULT_AUTH_METHOD VAULT_TRANSIT_KEY_ID VAULT_TRANSIT_PATH
VAULT_TRANSIT_BATCH_SIZE VAULT_IGNORE_MISSING_SECRETS VAULT_ENV_PASSTHROUGH VAULT_ENV_FROM_PATH
VAULT_ENV_DELAY VAULT_ENV_DAEMON VAULT_REVOKE_TOKEN VAULT_JSON_LOG VAULT_LOG_LEVEL
""".split()  # noqa: SIM905 (a list of 33 lines reads worse)
PRESERVED = {
    "VAULT_TOKEN_FILE",
    "VAULT_ENV_LOG_SERVER",
    "VAULT_JWT_FILE",
    "KUBERNETES_SERVICE_ACCOUNT_TOKEN",
    "VAULT_TOKEN_PATH",
    "VAULT_CACERT_RELOAD",
    "VAULT_CACERT_BYTES",
    "VAULT_PROXY_ADDR",
    "VAULT_HEADERS",
}
PRESERVED_WITH_LOGIN = set(PREDECESSORS[:15])


def test_the_predecessors_33_variables_are_removed() -> None:
    assert len(PREDECESSORS) == 33
    names = removed(login=False, auth_method="jwt")
    assert {name.encode() for name in PREDECESSORS} <= names
    assert names.isdisjoint(name.encode() for name in PRESERVED)


def test_a_program_that_gets_the_token_gets_the_way_to_vault_too() -> None:
    left = {name.encode() for name in PREDECESSORS} - removed(login=True, auth_method="jwt")
    assert left == {name.encode() for name in PRESERVED_WITH_LOGIN}


def test_names_that_are_passed_through_stay() -> None:
    assert b"VAULT_ADDR" not in removed(login=False, auth_method="jwt", passthrough={"VAULT_ADDR"})
    assert Settings({b"VAULT_ENV_PASSTHROUGH": b" VAULT_ADDR,, VAULT_ROLE "}).passthrough >= {
        "VAULT_ADDR",
        "VAULT_ROLE",
    }


OF_METHODS = {
    "VAULT_APPROLE_ROLE_ID": ["approle"],
    "VAULT_APPROLE_ROLE_ID_FILE": ["approle"],
    "VAULT_APPROLE_SECRET_ID": ["approle"],
    "VAULT_APPROLE_SECRET_ID_FILE": ["approle"],
    "VAULT_AWS_IAM_SERVER_ID": ["aws-iam"],
    "VAULT_USERNAME": ["userpass", "ldap"],
    "VAULT_PASSWORD": ["userpass", "ldap"],
    "VAULT_PASSWORD_FILE": ["userpass", "ldap"],
}


@pytest.mark.parametrize("name", OF_METHODS)
def test_a_variable_of_a_method_is_removed_if_that_is_the_login(name: str) -> None:
    assert [
        method for method in AUTH_METHODS if name.encode() in removed(login=False, auth_method=method)
    ] == OF_METHODS[name]


def test_a_variable_of_another_method_may_have_any_value() -> None:
    settings = Settings({b"VAULT_USERNAME": b"corp/jo", b"VAULT_PASSWORD": b"a\nb\xff"})
    assert (settings.username, settings.password) == ("", "")


def with_method(name: str, value: bytes) -> dict[bytes, bytes]:
    """Return the variable, in an environment whose login reads it."""
    method = OF_METHODS.get(name, ["jwt"])[0]
    return {b"VAULT_AUTH_METHOD": method.encode(), name.encode(): value}


@pytest.mark.parametrize("name", ["VAULT_USERNAME", "VAULT_TRANSIT_KEY_ID"])
@pytest.mark.parametrize("text", ["../../other/login/jo", "jo/../jo", "a/b", "/jo", "jo/", ".", ".."])
def test_a_name_cannot_lead_out_of_its_place(name: str, text: str) -> None:
    with pytest.raises(InvalidSetting, match=f"{name} holds .* it must be the name of one thing in Vault"):
        Settings(with_method(name, text.encode()))


@pytest.mark.parametrize("name", ["VAULT_PATH", "VAULT_TRANSIT_PATH"])
def test_a_mount_cannot_lead_out_of_its_place(name: str) -> None:
    for text in ("../sys", "team/../other", "team/.", "./team", "/.."):
        with pytest.raises(InvalidSetting, match=f"{name} holds"):
            Settings({name.encode(): text.encode()})


@pytest.mark.parametrize(
    "text", ["team/k8s/cluster", "team/k8s/cluster/", "/team/k8s/cluster", "team//k8s/cluster//"]
)
def test_slashes_around_a_mount_and_doubled_ones_do_not_count(text: str) -> None:
    settings = Settings({b"VAULT_PATH": text.encode(), b"VAULT_TRANSIT_PATH": text.encode()})
    assert (settings.auth_mount, settings.transit_mount) == ("team/k8s/cluster", "team/k8s/cluster")


def test_auth_in_front_of_a_mount_is_to_be_left_out() -> None:
    with pytest.raises(InvalidSetting, match="VAULT_PATH is 'auth/team/k8s': leave auth/ out"):
        Settings({b"VAULT_PATH": b"/auth/team/k8s/"})


def test_each_variable_is_once_in_the_table() -> None:
    names = [variable.name for variable in VARIABLES]
    assert len(names) == len(set(names))
    assert all(variable.help for variable in VARIABLES)
    assert {variable.name for variable in VARIABLES if variable.removed == NEVER} >= set(PRESERVED)


@pytest.mark.parametrize("variable", [one for one in VARIABLES if one.parse], ids=lambda one: one.name)
def test_an_empty_variable_has_the_value_of_its_default(variable: Variable) -> None:
    assert variable.parse
    default = variable.parse(variable.name, variable.default)
    for environ in ({}, {variable.name.encode(): b""}, {b"": b"an entry without a name"}):
        assert getattr(Settings(environ), variable.field) == default


def test_another_name_wins_unless_it_is_empty_or_blank() -> None:
    pair = {b"VAULT_ADDR": b"https://vault", b"VAULT_AGENT_ADDR": b"https://agent"}
    assert Settings(pair).address == "https://agent"
    assert Settings(pair | {b"VAULT_AGENT_ADDR": b" "}).address == "https://vault"
    assert Settings({b"VAULT_AGENT_ADDR": b" "}).address == "https://127.0.0.1:8200"
    files = {b"VAULT_JWT_FILE": b"/a", b"KUBERNETES_SERVICE_ACCOUNT_TOKEN": b"/b"}
    assert Settings(files).jwt_file == "/b"


def test_a_variable_that_another_name_replaces_is_not_looked_at() -> None:
    assert (
        Settings({b"VAULT_ADDR": b"a\x01b", b"VAULT_AGENT_ADDR": b"https://agent"}).address == "https://agent"
    )


@pytest.mark.parametrize("name", ["VAULT_ROLE", "VAULT_PATH", "VAULT_ENV_FROM_PATH"])
def test_bytes_that_are_not_utf_8_are_an_error(name: str) -> None:
    with pytest.raises(InvalidSetting, match=f"{name} must be UTF-8 text"):
        Settings({name.encode(): b"a\xff"})


def test_defaults_are_the_predecessors() -> None:
    settings = Settings({})
    assert (settings.address, settings.role, settings.auth_method) == (
        "https://127.0.0.1:8200",
        "default",
        "jwt",
    )
    assert (settings.transit_mount, settings.transit_batch_size, settings.timeout_s) == ("transit", 25, 60)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VAULT_SKIP_VERIFY", "yes"),
        ("VAULT_ENV_DAEMON", "on"),
        ("VAULT_ENV_DELAY", "soon"),
        ("VAULT_CLIENT_TIMEOUT", "0"),
        ("VAULT_ENV_TIMEOUT", "-1s"),
        ("VAULT_TRANSIT_BATCH_SIZE", "0"),
        ("VAULT_MAX_RETRIES", "many"),
        ("VAULT_SRV_LOOKUP", "true"),
        ("VAULT_PROXY_ADDR", "http://h:99999"),
        ("VAULT_PROXY_ADDR", "socks5://h:1"),
        ("VAULT_HEADERS", "X: y"),
        ("VAULT_HEADERS", '{"X-Vault-Token":"t"}'),
        ("VAULT_HEADERS", '{"X":"a\\r\\nb"}'),
        ("VAULT_HEADERS", '{"content-length":"5"}'),
    ],
)
def test_a_text_that_means_nothing_is_an_error_with_the_name(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=name):
        Settings({name.encode(): value.encode()})


@pytest.mark.parametrize(
    "name",
    [
        "VAULT_NAMESPACE",
        "VAULT_ROLE",
        "VAULT_PATH",
        "VAULT_APPROLE_SECRET_ID",
        "VAULT_PASSWORD",
        "VAULT_TRANSIT_PATH",
    ],
)
@pytest.mark.parametrize(
    "value", [b"hunter2\n", b"hunter2\r\nX-Vault-Token: t", b"\x00hunter2", b"hunter2\xc2\x85"]
)
def test_a_control_character_is_an_error_that_does_not_show_the_value(name: str, value: bytes) -> None:
    with pytest.raises(InvalidSetting, match=f"{name} holds a control character") as refusal:
        Settings(with_method(name, value))
    assert "hunter2" not in str(refusal.value)


def test_line_breaks_are_accepted_at_ends_and_in_lists_and_documents() -> None:
    settings = Settings(
        {
            b"VAULT_TOKEN": b"t\n",
            b"VAULT_ADDR": b" https://vault:8200\n",
            b"VAULT_ENV_FROM_PATH": b"kv/a,\nkv/b\n",
            b"VAULT_CACERT_BYTES": b"-----BEGIN\n",
            b"VAULT_HEADERS": b'{\n"A": "b"\n}\n',
        }
    )
    assert (settings.token, settings.address, settings.headers) == ("t", "https://vault:8200", {"A": "b"})


@pytest.mark.parametrize("text", ["1", "t", "T", "TRUE", "true", "True"])
def test_booleans_are_gos(text: str) -> None:
    assert Settings({b"VAULT_JSON_LOG": text.encode()}).json_log


@pytest.mark.parametrize(
    ("text", "level"),
    [("DEBUG", "debug"), ("Warn", "warn"), ("warning", "warn"), (" error", "error"), ("ERR", "error"), ("trace", "debug")],
)  # fmt: skip
def test_a_log_level_is_a_word_of_go_or_vault_in_any_case(text: str, level: str) -> None:
    assert Settings({b"VAULT_LOG_LEVEL": text.encode()}).log_level == level


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30", 30),
        ("0", 0),
        ("1m30s", 90),
        ("1.5h", 5400),
        ("500ms", 0.5),
        ("+2s", 2),
        ("250us", 0.00025),
        ("1h1m1s", 3661),
        ("1d", 86400),
        ("+30d", 2592000),
        ("3600000000000ns", 3600),
        ("0.333333333333333h", 1200),
    ],
)
def test_durations_are_gos_or_vaults(text: str, expected: float) -> None:
    assert seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "-1s", "5 s", "1e3", "s", "2562048h", "99999999999"])
def test_a_text_that_go_refuses_or_cannot_count_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        seconds(text)


def test_a_duration_of_more_parts_than_anybody_writes_is_none() -> None:
    """A megabyte of them would take half a minute, in the webhook and in the operator too."""
    assert seconds("1h" * 50) == 180_000
    with pytest.raises(ValueError, match="not a duration"):
        seconds("1h" * 100)


@given(st.text(alphabet="0123456789hmsnuµ.+- x", max_size=12))
def test_any_other_duration_is_a_value_error(text: str) -> None:
    try:
        assert seconds(text) >= 0
    except ValueError as error:
        assert str(error) == "not a duration"


def test_the_settings_show_no_secret() -> None:
    assert "hunter2" not in repr(Settings({b"VAULT_TOKEN": b"hunter2", b"VAULT_PASSWORD": b"hunter2"}))


def test_given_variables_win_over_paths_and_stay_in_their_order() -> None:
    environ_ = {b"B": b"1", b"A": b"vault:x#y", b"GONE": b"vault:z#y#?"}
    child = child_environ(
        environ_, environ_, {b"B": b"1", b"A": b"a"}, {b"C": b"c", b"B": b"2"}, {b"VAULT_ADDR"}
    )
    assert list(child.items()) == [(b"B", b"1"), (b"A", b"a"), (b"C", b"c")]


def test_an_entry_without_a_name_is_left_out() -> None:
    assert child_environ({b"": b"x", b"A": b"1"}, {}, {}, {}, set()) == {b"A": b"1"}
