"""The table of annotations: defaults, operator's settings, annotations, bad values, unknown keys."""

import pytest

from vaultenv.errors import InvalidSetting as LauncherInvalidSetting
from vaultenv.settings import Settings
from vaultenv.variable_types import LARGEST_NUMBER
from vaultkube import value_types
from vaultkube.errors import InvalidSetting
from vaultkube.problem import Problem, messages
from webhook.config.annotation_keys import PREFIX, SUCCESSOR_PREFIX
from webhook.config.annotation_table import ANNOTATIONS, Annotation
from webhook.config.annotations import container_variables, find_unknown, parse_config, read_defaults
from webhook.config.helper_table import ENV_VARIABLES, MOUNT_PATH

BOOLEAN_OR_NOTHING = value_types.BOOLEAN.accepted + ", or nothing"
EXAMPLES = {
    value_types.AUTH_METHOD.accepted: "kubernetes",
    "any text": "text",
    value_types.LINE.accepted: "text",
    "true or false (also 1, t, T, TRUE, True, 0, f, F, FALSE, False)": "true",
    "a whole number from 1 to 999999999, or nothing": "7",
    "a whole number, 0 or more": "7",
    "a duration such as 30s, 1m30s, or a number of seconds such as 30, or nothing": "30s",
    "one of debug, info, warn, warning, error, or nothing": "debug",
    value_types.REFRESH.accepted: "10s",
    "one of Always, IfNotPresent, Never": "Always",
    "one of auto, image, init": "image",
    "one of auto, container, native": "native",
    BOOLEAN_OR_NOTHING: "true",
    value_types.QUANTITY.accepted: "7",
    value_types.QUANTITY.accepted + ", or nothing": "7",
    MOUNT_PATH.accepted: "/a/b",
    MOUNT_PATH.accepted + ", or nothing": "/a/b",
    ENV_VARIABLES.accepted: '[{"Name": "A", "value": "b"}]',
    "readiness, liveness or both with a comma between them, or nothing": "liveness",
    "names of containers with commas between them": "app,worker",
    "the name of an image, or nothing for the operator's": "vault-env:2",
    "vault or bao, the providers that this webhook reads from": "bao",
    "VOLUME:FILE, a volume of the pod and a file in it, or nothing": "tokens:token",
    'a JSON object such as {"container": ["program", "argument"]}, or nothing': '{"app": ["/app"]}',
}
OTHER = {
    "text": "other",
    "true": "false",
    "7": "8",
    "30s": "40s",
    "10s": "20s",
    "debug": "error",
    "Always": "Never",
}
STRICT = [row for row in ANNOTATIONS if row.type.accepted != "any text"]


def names(row: Annotation) -> str:
    return row.key


def test_every_key_setting_and_variable_is_unique() -> None:
    keys = [row.key for row in ANNOTATIONS]
    settings = [name for row in ANNOTATIONS for name in row.settings]
    variables = [row.variable for row in ANNOTATIONS if row.variable]
    for names_ in (keys, settings, variables):
        assert len(names_) == len(set(names_))


@pytest.mark.parametrize("row", ANNOTATIONS, ids=names)
def test_an_annotation_wins_over_the_operators_setting(row: Annotation) -> None:
    example = EXAMPLES[row.type.accepted]
    defaults = read_defaults({})
    config, _ = parse_config({PREFIX + row.key: example}, defaults)
    assert getattr(config, row.field) == row.type.parse(example)
    assert config.annotated == {row.field: PREFIX + row.key}


@pytest.mark.parametrize("row", [row for row in ANNOTATIONS if row.settings], ids=names)
def test_the_operators_setting_wins_over_the_default(row: Annotation) -> None:
    example = EXAMPLES[row.type.accepted]
    assert read_defaults({row.settings[0]: example})[row.field] == row.type.parse(example)


@pytest.mark.parametrize("row", [row for row in ANNOTATIONS if row.settings and row.successor], ids=names)
def test_the_successors_setting_is_read_where_ours_is_not_set(row: Annotation) -> None:
    example, renamed = EXAMPLES[row.type.accepted], row.successor.upper().replace("-", "_")
    assert read_defaults({renamed: example})[row.field] == row.type.parse(example)
    both = read_defaults({renamed: example, row.settings[0]: OTHER.get(example, example)})
    assert both[row.field] == row.type.parse(OTHER.get(example, example))


@pytest.mark.parametrize("row", ANNOTATIONS, ids=names)
def test_the_successors_key_wins(row: Annotation) -> None:
    example = EXAMPLES[row.type.accepted]
    new_key = SUCCESSOR_PREFIX + (row.successor or row.key)
    config, _ = parse_config({PREFIX + row.key: row.default, new_key: example}, read_defaults({}))
    assert getattr(config, row.field) == row.type.parse(example)


@pytest.mark.parametrize("row", STRICT, ids=names)
def test_a_bad_value_is_refused_with_key_value_and_accepted_form(row: Annotation) -> None:
    _, problems = parse_config({PREFIX + row.key: "not\nso"}, read_defaults({}))
    message = f"annotation {PREFIX}{row.key}: 'not\\nso' is not {row.type.accepted}"
    assert problems == [Problem("annotation-value", ("metadata", "annotations", PREFIX + row.key), message)]


@pytest.mark.parametrize("text", ["0", "-1", "9999999999", "1000000000", "²", "٣", "７", "1e3", "+7", " 7 7"])
def test_a_batch_size_that_the_launcher_would_refuse_is_refused(text: str) -> None:
    _, problems = parse_config({PREFIX + "transit-batch-size": text}, read_defaults({}))
    accepted = f"a whole number from 1 to {LARGEST_NUMBER}, or nothing"
    assert messages(problems) == (f"annotation {PREFIX}transit-batch-size: {text!r} is not {accepted}",)
    with pytest.raises(LauncherInvalidSetting):
        Settings({b"VAULT_TRANSIT_BATCH_SIZE": text.encode()})


@pytest.mark.parametrize("text", ["1", "25", str(LARGEST_NUMBER)])
def test_a_batch_size_that_the_launcher_accepts_is_accepted(text: str) -> None:
    config, problems = parse_config({PREFIX + "transit-batch-size": text}, read_defaults({}))
    assert (config.transit_batch_size, problems) == (int(text), [])
    assert Settings({b"VAULT_TRANSIT_BATCH_SIZE": text.encode()}).transit_batch_size == int(text)


def test_all_bad_values_are_named_at_once() -> None:
    bad = {PREFIX + "run-as-user": "me", PREFIX + "mutate-probes": "yes"}
    config, problems = parse_config(bad, read_defaults({}))
    assert len(problems) == 2
    assert (config.run_as_user, config.mutate_probes) == (0, False)


def test_a_bad_setting_of_the_operator_is_refused() -> None:
    with pytest.raises(InvalidSetting, match=r"RUN_AS_USER='me' is not a whole number"):
        read_defaults({"RUN_AS_USER": "me"})


def test_an_unknown_annotation_is_a_warning_with_a_suggestion() -> None:
    message = f"unknown annotation {PREFIX}vault-adr; did you mean {PREFIX}vault-addr?"
    assert find_unknown({PREFIX + "vault-adr": "x", "other/vault-adr": "y"}) == [
        Problem("annotation-unknown", ("metadata", "annotations", PREFIX + "vault-adr"), message)
    ]
    assert "docs/annotations.md" in find_unknown({PREFIX + "zzz": ""})[0].message


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("secret-init-daemon", "vault-env-daemon"),
        ("vault-transit-key-id", "transit-key-id"),
        ("vault-from-path", "vault-env-from-path"),
        ("vault-json-log", "enable-json-log"),
    ],
)
def test_the_successors_name_or_that_of_a_variable_suggests_the_annotation(name: str, meant: str) -> None:
    (warning,) = find_unknown({PREFIX + name: "x"})
    assert warning.message == f"unknown annotation {PREFIX}{name}; did you mean {PREFIX}{meant}?"


def test_no_suggestion_is_made_of_a_word_in_common() -> None:
    (warning,) = find_unknown({PREFIX + "vault-env-retries": "10"})
    assert "did you mean" not in warning.message


def test_a_key_that_is_a_variable_of_the_launcher_is_answered_with_that() -> None:
    (warning,) = find_unknown({PREFIX + "vault-max-retries": "10"})
    assert warning.message.endswith("; set the variable VAULT_MAX_RETRIES in the container instead")


def test_a_value_that_the_launcher_cannot_start_with_is_a_problem() -> None:
    config, (problem,) = parse_config({PREFIX + "vault-client-timeout": "1us"}, read_defaults({}))
    assert problem.rule == "annotation-value"
    assert "vault-env cannot start with it" in problem.message
    assert config.client_timeout_s is None


def test_of_many_unknown_annotations_only_as_many_have_a_suggestion_as_are_shown() -> None:
    warnings = find_unknown({f"{PREFIX}vault-adr{number:02}": "x" for number in range(20)})
    assert [("did you mean" in warning.message) for warning in warnings] == [True] * 10 + [False] * 10


def test_variables_of_the_login_are_always_set_in_the_container() -> None:
    config, _ = parse_config({}, read_defaults({"VAULT_ADDR": "https://v"}))
    variables = container_variables(config, "")
    assert variables == {
        "VAULT_ADDR": "https://v",
        "VAULT_ROLE": "",
        "VAULT_PATH": "kubernetes",
        "VAULT_AUTH_METHOD": "jwt",
        "VAULT_SKIP_VERIFY": "false",
    }


def test_a_value_of_an_annotation_is_passed_on_in_the_launchers_form() -> None:
    annotations = {
        PREFIX + "vault-client-timeout": "1m30s",
        PREFIX + "vault-env-daemon": "T",
        PREFIX + "transit-batch-size": "5",
        PREFIX + "vault-env-from-path": "secret/data/a",
    }
    config, _ = parse_config(annotations, read_defaults({}))
    variables = container_variables(config, "secret/data/b")
    assert variables["VAULT_CLIENT_TIMEOUT"] == "90s"
    assert variables["VAULT_ENV_DAEMON"] == "true"
    assert variables["VAULT_TRANSIT_BATCH_SIZE"] == "5"
    assert variables["VAULT_ENV_FROM_PATH"] == "secret/data/b"
