"""Parameters of a SecretProviderClass: the table's rows, and contradictions."""

import time

import pytest

from vaultkube.provider_class.parameters import ClassParameters, parse_class

OBJECTS = "[{objectName: o, secretPath: p}]"


def problems(**parameters: str) -> list[str]:
    return [
        problem.message for problem in parse_class({"roleName": "r", "objects": OBJECTS, **parameters})[1]
    ]


def read(**parameters: str) -> ClassParameters:
    found, wrong = parse_class({"roleName": "r", "objects": OBJECTS, **parameters})
    assert not wrong
    return found


def test_an_absent_parameter_is_none() -> None:
    found = read()
    assert (found.role, found.address, found.mount, found.skip_verify) == ("r", None, None, None)


def test_every_parameter_is_read() -> None:
    found = read(
        vaultAddress="https://vault:8200/",
        vaultNamespace="team",
        vaultSkipTLSVerify="true",
        vaultCACertPath="/ca.pem",
        vaultCADirectory="/cas",
        vaultTLSServerName="vault",
        vaultTLSClientCertPath="/crt",
        vaultTLSClientKeyPath="/key",
        vaultAuthMountPath="/jwt/",
        audience="vault",
    )
    assert found.address == "https://vault:8200"
    assert found.mount == "jwt"
    assert found.skip_verify is True
    assert found.client_key_file == "/key"


def test_the_mount_has_two_names() -> None:
    assert read(vaultKubernetesMountPath="k8s").mount == "k8s"
    assert "are the same: set one" in problems(vaultKubernetesMountPath="a", vaultAuthMountPath="a")[0]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"roleName": " "}, "roleName is missing"),
        ({"vaultAddress": "vault:8200"}, "vaultAddress: 'vault:8200' is not https://HOST[:PORT]"),
        ({"vaultAddress": "https://u:p@vault"}, "is not https://HOST"),
        ({"vaultAddress": "unix:///run/vault.sock"}, "is not https://HOST"),
        ({"vaultSkipTLSVerify": "yes"}, "is not true or false"),
        ({"vaultTLSClientCertPath": "/crt"}, "go together"),
        ({"rolename": "r"}, "did you mean roleName?"),
        ({"usePodIdentity": "true"}, "'usePodIdentity' is not a parameter of provider vault"),
        ({"objects": ""}, "objects names no object"),
        ({"vaultAuthMountPath": "../../x"}, "is not the path of an auth method"),
        ({"roleName": "r" * 1025}, "roleName is longer than 1024 characters"),
    ],
)
def test_a_malformed_parameter_is_named(parameters: dict[str, str], message: str) -> None:
    assert message in problems(**parameters)[0]


def test_all_problems_are_reported_at_once() -> None:
    assert len(problems(roleName="", vaultAddress="x", other="y", objects="- {}")) == 5


@pytest.mark.timed
def test_many_and_long_parameters_are_refused_quickly() -> None:
    began = time.process_time()
    found = problems(vaultSkipTLSVerify="y" * 1000, **{f"a{number}": "1" for number in range(100_000)})
    assert time.process_time() - began < 2
    assert len(found) < 510
    assert max(map(len, found)) < 400
