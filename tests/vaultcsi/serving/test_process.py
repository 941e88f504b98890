"""The process: its socket, its health, its end, and the handover to its successor."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.servers.process import free_port, stopping
from tests.vaultcsi.answering import answering, http
from tests.vaultcsi.driver import Driver
from tests.vaultcsi.provider import Provider, Surroundings
from tests.vaultcsi.test_mounts import OBJECTS

MEMORY_LIMIT_MIB = 256
"""Of the container in manifests/csi."""
START = [sys.executable, "-m", "webhook", "csi-provider"]


@pytest.fixture
def own_provider(
    tmp_path: Path, socket_folder: Path, surroundings: Surroundings, provider_kubeconfig: Path
) -> Iterator[Provider]:
    """A provider of the test's own."""
    running = start(tmp_path, socket_folder, surroundings, provider_kubeconfig)
    yield running
    running.stop()


def start(
    folder: Path, sockets: Path, surroundings: Surroundings, kubeconfig: Path, **settings: str
) -> Provider:
    environ = {"VAULT_CACERT": str(surroundings.vault.ca_file), **settings}
    return Provider(folder, sockets / "vault.sock", kubeconfig, environ)


def test_only_root_may_connect(own_provider: Provider) -> None:
    assert stat.S_IMODE(own_provider.socket.stat().st_mode) == 0o600


def test_a_socket_that_was_left_behind_is_replaced(
    tmp_path: Path, socket_folder: Path, surroundings: Surroundings, provider_kubeconfig: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(socket_folder / "vault.sock"))
    with stopping(start(tmp_path, socket_folder, surroundings, provider_kubeconfig)) as running:
        assert running.driver.version()
    assert os.listdir(socket_folder) == []


def test_a_new_provider_takes_over_the_socket_of_the_old_one(
    tmp_path: Path, socket_folder: Path, surroundings: Surroundings, provider_kubeconfig: Path
) -> None:
    old = start(tmp_path, socket_folder, surroundings, provider_kubeconfig)
    assert old.health() == (200, "ok")
    with stopping(start(tmp_path, socket_folder, surroundings, provider_kubeconfig)) as new:
        assert old.health()[0] == 503
        assert old.health("/health/live") == (200, "ok")
        old.stop()
        assert new.health() == (200, "ok")
        fresh = Driver(str(socket_folder / "vault.sock"))
        assert fresh.files(surroundings.attributes(OBJECTS))["obj-username"] == b"myusername"
        fresh.close()


def test_a_provider_without_its_socket_is_not_ready(own_provider: Provider) -> None:
    own_provider.socket.unlink()
    own_provider.socket.write_text("another one's")
    status, text = own_provider.health()
    assert status == 503
    assert "is not this provider's" in text


def test_a_socket_that_another_provider_removes_at_its_end_is_put_back(
    own_provider: Provider, surroundings: Surroundings
) -> None:
    own_provider.socket.unlink()
    own_provider.process.wait_until(own_provider.socket.exists)
    fresh = Driver(str(own_provider.socket))
    assert fresh.files(surroundings.attributes(OBJECTS))["obj-username"] == b"myusername"
    fresh.close()
    assert own_provider.health() == (200, "ok")
    assert "somebody removed the socket" in own_provider.log.read_text()


def test_metrics_count_mounts_requests_and_kept_answers(
    own_provider: Provider, surroundings: Surroundings
) -> None:
    own_provider.driver.mount(surroundings.attributes(OBJECTS))
    own_provider.driver.refusal(surroundings.attributes(OBJECTS, roleName="none"))
    own_provider.driver.refusal(surroundings.attributes(OBJECTS, vaultAddress="http://127.0.0.1:1"))
    status, text = own_provider.health("/metrics")
    lines = [line.removeprefix("vault_csi_provider_") for line in text.splitlines()]
    assert status == 200
    for line in (
        'mounts_total{outcome="ok"} 1.0',
        'mounts_total{outcome="refused"} 1.0',
        'mounts_total{outcome="unavailable"} 1.0',
        "mount_seconds_count 3.0",
        'calls_total{outcome="ok",request="login",server="vault"} 1.0',
        'calls_total{outcome="refused",request="login",server="vault"} 1.0',
        'calls_total{outcome="unavailable",request="login",server="vault"} 1.0',
        'calls_total{outcome="ok",request="read",server="vault"} 1.0',
        "kept_answers 0.0",
    ):
        assert line in lines
    assert any(line.startswith('calls_total{outcome="ok",request="",server="api_server"}') for line in lines)


@pytest.mark.parametrize("path", ["/", "/health", "/metrics/x"])
def test_other_paths_are_not_found(own_provider: Provider, path: str) -> None:
    assert own_provider.health(path)[0] == 404


def test_a_mount_that_has_begun_is_answered_after_sigterm(
    own_provider: Provider, surroundings: Surroundings
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as slow:
        attributes = surroundings.attributes(
            OBJECTS, vaultAddress=f"http://127.0.0.1:{slow.getsockname()[1]}"
        )
        found: list[tuple[str, str]] = []
        call = threading.Thread(target=lambda: found.append(own_provider.driver.refusal(attributes)))
        call.start()
        connection, _ = slow.accept()  # the provider waits for Vault's answer to the login
        own_provider.process.send(signal.SIGTERM)
        with connection:
            connection.recv(4096)
            connection.sendall(
                b"HTTP/1.1 400 Bad Request\r\nContent-Length: 24\r\n\r\n" + b'{"errors": ["answered"]}'
            )
            call.join(10)
    assert found[0][0] == "PERMISSION_DENIED"
    assert "answered" in found[0][1]


def test_a_vault_that_is_silent_ends_with_the_deadline_of_the_driver(
    own_provider: Provider, surroundings: Surroundings
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        attributes = surroundings.attributes(OBJECTS, vaultAddress=address)
        assert own_provider.driver.refusal(attributes, timeout_s=3)[0] == "DEADLINE_EXCEEDED"
    assert own_provider.driver.version()


def test_a_socket_that_cannot_be_made_is_an_error_with_its_path(
    tmp_path: Path, provider_kubeconfig: Path
) -> None:
    (tmp_path / "file").touch()
    done = subprocess.run(
        [*START, f"-endpoint={tmp_path}/file/vault.sock", f"-health-addr=127.0.0.1:{free_port()}"],
        env={"PATH": os.environ["PATH"], "KUBECONFIG": str(provider_kubeconfig)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert "file/vault.sock cannot be made" in done.stderr


def test_a_port_in_use_is_an_error_that_names_the_setting(
    socket_folder: Path, provider_kubeconfig: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        done = subprocess.run(
            [*START, f"-endpoint={socket_folder}/vault.sock", f"-health-addr=127.0.0.1:{port}"],
            env={"PATH": os.environ["PATH"], "KUBECONFIG": str(provider_kubeconfig)},
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert done.returncode == 1
    assert "HEALTH_ADDR cannot be listened on" in done.stderr


def test_the_operators_path_policy_holds(
    tmp_path: Path, socket_folder: Path, surroundings: Surroundings, provider_kubeconfig: Path
) -> None:
    policy = {"VAULT_PATH_POLICY": "secret/data/{namespace}"}
    with stopping(start(tmp_path, socket_folder, surroundings, provider_kubeconfig, **policy)) as running:
        status, message = running.driver.refusal(surroundings.attributes(OBJECTS))
    assert status == "INVALID_ARGUMENT"
    assert "lets namespace default name secret/data/default" in message


@pytest.mark.long
def test_pods_that_wait_for_a_silent_vault_do_not_delay_other_namespaces(
    tmp_path: Path, socket_folder: Path, surroundings: Surroundings, provider_kubeconfig: Path
) -> None:
    running = start(tmp_path, socket_folder, surroundings, provider_kubeconfig, THREADS="4")
    surroundings.cluster.create_namespace("patient")
    surroundings.account(namespace="patient")
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(6) as pool:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        waiting = [surroundings.attributes(OBJECTS, vaultAddress=address) for _ in range(6)]
        found = [pool.submit(running.driver.refusal, each, timeout_s=8) for each in waiting]
        own = surroundings.attributes(OBJECTS, surroundings.pod(namespace="patient"))
        assert running.driver.files(own, timeout_s=6)["obj-username"] == b"myusername"
        statuses = {each.result()[0] for each in found}
    running.stop()
    assert statuses == {"DEADLINE_EXCEEDED", "UNKNOWN"}


@pytest.mark.long
def test_long_answers_neither_fill_memory_nor_delay_other_namespaces(
    own_provider: Provider, surroundings: Surroundings
) -> None:
    surroundings.cluster.create_namespace("modest")
    surroundings.account(namespace="modest")
    values = b'{"data": {"k": [' + b"1," * 90_000 + b"1]}}"
    text = b'{"data": {"k": "' + b"x" * (5 << 20) + b'"}}'
    objects = [{"objectName": f"o{n}", "secretPath": f"a/{n}", "secretKey": "k"} for n in range(9)]
    with answering(http("200 OK", values)) as many, answering(http("200 OK", text)) as long:
        hostile = [
            surroundings.attributes(objects, vaultAddress=address)
            for address in (many, long)
            for _ in range(12)
        ]
        with ThreadPoolExecutor(len(hostile)) as pool:
            found = [pool.submit(own_provider.driver.refusal, each, timeout_s=30) for each in hostile]
            own = surroundings.attributes(OBJECTS, surroundings.pod(namespace="modest"))
            assert own_provider.driver.files(own)["obj-username"] == b"myusername"
            statuses = {each.result()[0] for each in found}
    assert "OUT_OF_RANGE" in statuses
    assert peak_mib(own_provider) < MEMORY_LIMIT_MIB


def peak_mib(provider: Provider) -> float:
    status = Path(f"/proc/{provider.process.pid}/status").read_text()
    return int(re.findall(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)[0]) / 1024
