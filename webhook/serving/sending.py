"""Answers to reviews, sent on gunicorn's connections: at once, or by a thread that waits for the client."""

from collections.abc import Callable
from functools import partial
from typing import Any

from webhook.serving import fast_path
from webhook.serving.fast_path import Request
from webhook.serving.reviewer import Answer, Review, Reviewer


def answer_review(conn: Any, reviewer: Reviewer, request: Request) -> bool:
    """Answer a long review, and return whether the connection stays open. Runs in a thread."""
    return _send_rest(conn, fast_path.message(reviewer.answer(*request)))


def finish_review(conn: Any, review: Review) -> bool:
    """Finish a review that must wait, send its answer, and return whether the connection stays open.

    Runs in a thread.
    """
    return _send_rest(conn, fast_path.message(review.finish()))


def send_answer(conn: Any, answer: Answer) -> bool | Callable[[], object]:
    """Send an answer without waiting, and return whether the connection stays open, or a call that sends the rest in a thread."""
    try:
        rest = fast_path.send(conn.sock, fast_path.message(answer))
    except OSError:
        return False
    return partial(_send_rest, conn, rest) if rest else True


def _send_rest(conn: Any, rest: bytes) -> bool:
    """Send the bytes that the client did not accept at once, and return whether the connection stays open.

    Runs in a thread.
    """
    conn.sock.setblocking(True)
    try:
        conn.sock.sendall(rest)
    except OSError:
        return False
    return True
