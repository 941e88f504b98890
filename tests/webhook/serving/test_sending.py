"""The answer that ends a waiting connection: the API server sends a review again that gets it."""

import socket
from types import SimpleNamespace

from tests.servers.authority import Authority
from tests.servers.cluster import Cluster
from tests.webhook.recorder import allow, create_until_recorded, parse, recording, uid
from webhook.serving.fast_path import Request, State
from webhook.serving.sending import send_last_answer

NAMESPACE = "ending"


def end(connection: socket.socket, _: Request) -> None:
    """Answer as if the review had arrived while its connection was ended."""
    assert send_last_answer(SimpleNamespace(sock=connection), State.LATE)


def test_the_api_server_sends_a_review_again_that_crosses_the_end_of_its_connection(
    cluster: Cluster, authority: Authority
) -> None:
    with recording(cluster, authority, NAMESPACE, end, allow) as recorder:
        create_until_recorded(cluster, recorder, NAMESPACE)
    first, again = recorder.received
    assert uid(parse(again)) == uid(parse(first))
