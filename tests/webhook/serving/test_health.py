"""The health of the webhook: the observations at its own port, and the answers to probes."""

from tests.webhook.clock import Clock
from webhook.serving.health import Watch, local_address


def watch(clock: Clock, answers: list[bool], problems: list[str]) -> Watch:
    return Watch(lambda: answers[0], [lambda: problems[0]], clock)


def test_readiness_needs_answering_workers_and_no_problem() -> None:
    answers, problems = [False], [""]
    watching = watch(Clock(), answers, problems)
    assert watching.ready()[::2] == (503, b"the webhook starts\n")
    watching.look()
    assert watching.ready()[::2] == (503, b"the workers do not answer\n")
    answers[0] = True
    watching.look()
    assert watching.ready()[0] == 200
    problems[0] = "the certificate has ended"
    watching.look()
    assert watching.ready()[::2] == (503, b"the certificate has ended\n")
    assert watching.live()[0] == 200


def test_an_ending_webhook_is_not_ready() -> None:
    watching = watch(Clock(), [True], [""])
    watching.look()
    watching.end()
    assert watching.ready()[::2] == (503, b"the webhook ends\n")


def test_workers_that_answered_and_are_silent_for_long_are_dead() -> None:
    clock, answers = Clock(), [False]
    watching = watch(clock, answers, [""])
    clock.now_s = 2000
    watching.look()
    assert watching.live()[0] == 200, "they have only begun: a restart helps nobody"
    answers[0] = True
    watching.look()
    answers[0] = False
    clock.now_s = 2029
    watching.look()
    assert watching.live()[0] == 200
    clock.now_s = 2031
    assert watching.live()[0] == 503


def test_a_listener_of_every_address_is_reached_at_this_machine() -> None:
    assert local_address(("::", 8443)) == ("127.0.0.1", 8443)
    assert local_address(("192.0.2.1", 8443)) == ("192.0.2.1", 8443)
