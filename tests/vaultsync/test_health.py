"""Health and figures over HTTP."""

import socket

import requests
from prometheus_client.parser import text_string_to_metric_families

from vaultsync.health import Figure, Health

FIGURES = [Figure("things_total", "things done", 12_345_678.0), Figure("waiting", "things that wait", 2.5)]


def test_figures_are_what_prometheus_reads_with_type_and_help() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = probe.getsockname()
    health = Health(address, lambda: "", lambda: FIGURES)
    health.start()
    try:
        answer = requests.get(f"http://127.0.0.1:{address[1]}/metrics", timeout=5)
    finally:
        health.close()
    counter, gauge = text_string_to_metric_families(answer.text)
    assert (counter.type, counter.documentation, counter.samples[0].value) == (
        "counter",
        "things done",
        12_345_678.0,
    )
    assert (gauge.type, gauge.documentation, gauge.samples[0].value) == ("gauge", "things that wait", 2.5)
