"""Figures of an API server and of a process."""

import re
from collections import Counter
from pathlib import Path

from tests.servers.cluster import Cluster

_ROW = re.compile(r"^apiserver_request_total\{(.*)\} (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_OPERATORS = re.compile(r"^(vault|secret|event|serviceaccount|lease)")


def api_calls(cluster: Cluster) -> Counter[tuple[str, str]]:
    """Return the number of answered requests for an operator's resources, by verb and resource.

    The API server's own requests are for other resources, except for its lease, which it renews six times a minute.
    """
    calls: Counter[tuple[str, str]] = Counter()
    for labels, value in _ROW.findall(cluster.answer("GET", "/metrics").text):
        row = dict(_LABEL.findall(labels))
        if _OPERATORS.match(row["resource"]):
            calls[row["verb"], row["resource"]] += int(float(value))
    return calls


def difference(after: Counter[tuple[str, str]], before: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Return the calls between two counts."""
    return after - before


def total(calls: Counter[tuple[str, str]]) -> int:
    """Return the sum of all calls."""
    return sum(calls.values())


def pss_mib(pid: int) -> float:
    """Return the proportional set size of a process, in MiB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    assert found
    return int(found.group(1)) / 1024
