"""Configuration of an object, within the limits of the operator."""

import pytest

from vaultkube.problem import messages
from webhook.config.annotation_keys import PREFIX, SUCCESSOR_PREFIX
from webhook.config.annotations import OBJECTS, Config, read_defaults
from webhook.config.configure import Configured, configure, is_skipped, with_role
from webhook.config.settings import read_settings

OPERATOR = {"VAULT_ADDR": "https://vault.example.com", "VAULT_ENV_IMAGE": "vault-env:1"}


def configured(
    annotations: dict[str, str], scope: str = "pods", **operator: str
) -> tuple[Config, tuple[str, ...]]:
    found = decided(annotations, scope, **operator)
    assert not found.problems
    return found.config, messages(found.warnings)


def decided(annotations: dict[str, str], scope: str = "pods", **operator: str) -> Configured:
    environ = {**OPERATOR, **operator}
    named = {PREFIX + key: text for key, text in annotations.items()}
    return configure(named, read_defaults(environ), read_settings(environ), scope)


@pytest.mark.parametrize("prefix", [PREFIX, SUCCESSOR_PREFIX])
def test_only_the_word_skip_skips(prefix: str) -> None:
    assert is_skipped({prefix + "mutate": "skip"})
    assert not any(is_skipped({prefix + "mutate": text}) for text in ("Skip", "false", "none", ""))


@pytest.mark.parametrize(("successors", "ours"), [("skip", ""), ("", "skip")])
def test_the_successors_annotation_wins_over_ours(successors: str, ours: str) -> None:
    annotations = {SUCCESSOR_PREFIX + "mutate": successors, PREFIX + "mutate": ours}
    assert is_skipped(annotations) == (successors == "skip")


@pytest.mark.parametrize(("method", "is_named"), [("approle", True), ("kubernetes", False), ("", False)])
def test_a_method_by_which_no_object_is_read_is_a_warning(method: str, is_named: bool) -> None:
    _, warnings = configured({"vault-auth-method": method}, OBJECTS)
    assert [warning.startswith("annotation vault-auth-method has no effect") for warning in warnings] == [
        True
    ] * is_named
    assert configured({"vault-auth-method": method})[1] == ()
    assert configured({}, OBJECTS, VAULT_AUTH_METHOD="approle")[1] == ()


def test_all_problems_are_named_at_once() -> None:
    annotations = {
        "vault-agent-configmap": "c",
        "vault-ct-configmap": "d",
        "run-as-user": "me",
        "vault-addr": "https://evil.example.com",
    }
    found = [(problem.rule, problem.path) for problem in decided(annotations).problems]
    assert found == [
        ("helper", ("metadata", "annotations", PREFIX + "vault-agent-configmap")),
        ("annotation-value", ("metadata", "annotations", PREFIX + "run-as-user")),
        ("vault-address", ("metadata", "annotations", PREFIX + "vault-addr")),
    ]
    words = ("vault-agent-configmap", "run-as-user", "evil")
    assert all(map(str.__contains__, messages(decided(annotations).problems), words))


def test_an_annotated_address_without_permission_is_forbidden() -> None:
    (problem,) = decided({"vault-addr": "https://evil.example.com"}).problems
    assert problem.rule == "vault-address"


def test_a_problem_is_at_the_spelling_that_counts() -> None:
    successors = SUCCESSOR_PREFIX + "vault-role"
    annotations = {PREFIX + "vault-role": "shop", successors: "{{ .nobody }}"}
    config = configure(annotations, read_defaults(OPERATOR), read_settings(OPERATOR)).config
    same, (problem,) = with_role(config, "shop", "", "", "default")
    assert (problem.rule, problem.path) == ("role", ("metadata", "annotations", successors))
    assert same is config


def test_an_agent_is_no_matter_of_a_secret() -> None:
    assert configured({"vault-agent": "true", "vault-image": "x"}, OBJECTS)[1] == ()


def test_openbao_is_read_as_vault_and_other_providers_are_refused_by_name() -> None:
    assert configured({"provider": "bao"})[0].provider == "bao"
    (problem,) = messages(decided({"provider": "aws"}).problems)
    assert "'aws' is not vault or bao" in problem


def test_skip_verify_is_the_operators_unless_they_allow_it() -> None:
    config, warnings = configured({"vault-skip-verify": "true"})
    assert (config.skip_verify, len(warnings)) == (False, 1)
    allowed, warnings = configured({"vault-skip-verify": "true"}, VAULT_ALLOW_OBJECT_SKIP_VERIFY="true")
    assert (allowed.skip_verify, warnings) == (True, ())


@pytest.mark.parametrize("image", ["ghcr.io/bank-vaults/vault-env:1.22", "banzaicloud/vault-env:latest"])
def test_the_predecessors_image_is_ignored_with_a_warning(image: str) -> None:
    config, warnings = configured({"vault-env-image": image})
    assert config.launcher_image == "vault-env:1"
    assert "another program" in warnings[0]


def test_a_mount_with_auth_in_front_is_refused() -> None:
    assert not decided({"vault-path": "/team/k8s/"}).problems
    (problem,) = decided({"vault-path": "auth/kubernetes"}).problems
    assert problem.path == ("metadata", "annotations", PREFIX + "vault-path")
    assert "leave auth/ out" in problem.message


def test_an_empty_image_is_the_operators() -> None:
    assert configured({"vault-env-image": ""})[0].launcher_image == "vault-env:1"


def test_an_image_of_ones_own_is_used() -> None:
    config, warnings = configured({"vault-env-image": "registry.example.com/vault-env:2"})
    assert (config.launcher_image, warnings) == ("registry.example.com/vault-env:2", ())


def test_a_jwt_file_of_the_pod_wins_over_the_operators_audience() -> None:
    operator = {"VAULT_TOKEN_AUDIENCE": "vault"}
    for annotations, audience in (
        ({"vault-jwt-file": "/tokens/vault"}, ""),
        ({"vault-jwt-file": ""}, "vault"),
        ({"vault-jwt-file": "/tokens/vault", "vault-token-audience": "own"}, "own"),
    ):
        assert configured(annotations, **operator)[0].token_audience == audience
