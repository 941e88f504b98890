"""The fast path reads a review as the real API server sends it."""

import json

from tests.servers.authority import Authority
from tests.servers.cluster import Cluster
from tests.webhook.recorder import allow, create_until_recorded, parse, recording

NAMESPACE = "recorded"


def test_the_fast_path_reads_a_review_of_the_real_api_server(cluster: Cluster, authority: Authority) -> None:
    with recording(cluster, authority, NAMESPACE, allow) as recorder:
        create_until_recorded(cluster, recorder, NAMESPACE)
    parsed = parse(b"".join(recorder.received))
    assert parsed.resource == "pods"
    assert json.loads(parsed.body)["request"]["namespace"] == NAMESPACE
