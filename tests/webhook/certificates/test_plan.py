"""The life of the certificate, as decisions on values: every certificate that a replica may serve is trusted."""

import base64
import datetime
import itertools
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.verification import PolicyBuilder, Store
from hypothesis import given, settings
from hypothesis import strategies as st

from webhook.certificates.making import Certificate, make_certificate
from webhook.certificates.plan import Registered, Wanted, next_segments, next_state
from webhook.certificates.state import Pair, State, data_of, read_pair, read_state

DAY_S = 86_400.0
HOSTS = ("vault-webhook.vault-webhook.svc",)
WANTED = Wanted(HOSTS, 90 * DAY_S)


def made(days: float = 90) -> Certificate:
    return make_certificate(HOSTS, days)


MADE = [made() for _ in range(4)]
FIRST = read_pair(MADE[0].chain, MADE[0].key)
SECOND = read_pair(MADE[1].chain, MADE[1].key)
NOW = FIRST.not_after - 90 * DAY_S
DUE = FIRST.not_after - 29 * DAY_S
SERVED = State(FIRST, None, (MADE[0].ca,), ("a" * 48, "b" * 48))
RENEWING = State(FIRST, SECOND, (MADE[1].ca, MADE[0].ca), SERVED.segments)


ENCRYPTED = load_pem_private_key(MADE[0].key, None).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password")
)


def never() -> Certificate:
    raise AssertionError("no certificate was to be made")


def step(
    state: State,
    now: float,
    *,
    trusted: tuple[bytes, ...] = (),
    segment: str = "",
    settled: bool = True,
    overlapped: bool = False,
    reissue: bool = False,
    makes: Certificate | None = None,
) -> State:
    return next_state(
        state,
        Registered(trusted, segment),
        WANTED,
        now,
        (lambda: makes) if makes else never,
        settled=settled,
        overlapped=overlapped,
        reissue=reissue,
    )


def verifies(pair: Pair, trusted: tuple[bytes, ...], at: float) -> bool:
    moment = datetime.datetime.fromtimestamp(at, datetime.UTC)
    store = Store([x509.load_pem_x509_certificate(ca) for ca in trusted])
    verifier = PolicyBuilder().store(store).time(moment).build_server_verifier(x509.DNSName(HOSTS[0]))
    try:
        verifier.verify(x509.load_pem_x509_certificate(pair.chain), [])
    except x509.verification.VerificationError:
        return False
    return True


def test_at_the_first_start_a_certificate_is_served_at_once() -> None:
    state = step(State(), NOW, makes=MADE[0])
    assert (state.current, state.following, state.trusted) == (FIRST, None, (MADE[0].ca,))
    assert len(set(state.segments)) == 2


@pytest.mark.parametrize("off_s", [-DAY_S, DAY_S])
def test_the_certificate_is_trusted_by_an_api_server_with_a_clock_a_day_off(off_s: float) -> None:
    assert verifies(FIRST, SERVED.trusted, NOW + off_s)


def test_a_missing_secret_keeps_trusted_cas_and_path() -> None:
    state = step(State(), NOW, trusted=(MADE[1].ca,), segment="c" * 48, makes=MADE[0])
    assert state.trusted == (MADE[0].ca, MADE[1].ca)
    assert state.segments[0] == "c" * 48


def test_a_path_that_no_worker_would_answer_does_not_go_on() -> None:
    state = step(State(), NOW, trusted=(MADE[1].ca,), segment="By-Hand", makes=MADE[0])
    assert [len(segment) for segment in state.segments] == [48, 48]


def test_a_good_certificate_stays() -> None:
    assert step(SERVED, NOW + DAY_S, trusted=SERVED.trusted) == SERVED


def test_the_next_certificate_is_made_with_a_third_of_the_life_left_and_not_yet_served() -> None:
    assert step(SERVED, FIRST.not_after - 31 * DAY_S) == SERVED
    assert step(SERVED, DUE, trusted=SERVED.trusted, makes=MADE[1]) == RENEWING


def test_the_next_certificate_is_served_when_every_api_server_trusts_it() -> None:
    assert step(RENEWING, DUE, trusted=SERVED.trusted) == RENEWING
    assert step(RENEWING, DUE, trusted=RENEWING.trusted, settled=False) == RENEWING
    state = step(RENEWING, DUE, trusted=RENEWING.trusted)
    assert (state.current, state.following, state.trusted) == (SECOND, None, RENEWING.trusted)


def test_the_path_changes_with_the_certificate_to_one_that_replicas_knew() -> None:
    state = step(RENEWING, DUE, trusted=RENEWING.trusted)
    assert state.segments[0] == RENEWING.segments[1]
    assert RENEWING.segments[0] in state.segments
    assert len(set(state.segments)) == 3


def test_the_old_ca_is_removed_when_every_replica_has_read_the_new_certificate() -> None:
    promoted = State(SECOND, None, RENEWING.trusted, SERVED.segments)
    assert step(promoted, NOW) == promoted
    assert step(promoted, NOW, overlapped=True).trusted == (MADE[1].ca,)


def test_a_ca_that_somebody_takes_out_of_the_secret_does_not_come_back() -> None:
    without = State(SECOND, None, (MADE[1].ca,), SERVED.segments)
    assert step(without, NOW, trusted=RENEWING.trusted) == without


def test_an_expired_certificate_is_replaced_at_once() -> None:
    after = FIRST.not_after + 1
    state = step(SERVED, after, makes=made(91))
    assert state.current and state.current.not_after > after and state.following is None
    assert MADE[0].ca not in state.trusted


def test_an_expired_certificate_is_followed_by_the_one_that_was_made_for_it() -> None:
    made_later = make_certificate(HOSTS, 120)
    following = read_pair(made_later.chain, made_later.key)
    state = replace(RENEWING, following=following, trusted=(made_later.ca, MADE[0].ca))
    assert step(state, FIRST.not_after + 1).current == following


def test_a_certificate_for_other_names_or_of_an_unknown_ca_is_renewed() -> None:
    other = make_certificate(["elsewhere.svc"], 90)
    state = State(read_pair(other.chain, other.key), None, (other.ca,), SERVED.segments)
    assert step(state, NOW, makes=MADE[1]).following == SECOND
    assert step(replace(SERVED, trusted=()), NOW, makes=MADE[1]).following == SECOND


def test_a_following_certificate_that_nobody_could_trust_is_made_anew() -> None:
    state = replace(RENEWING, trusted=SERVED.trusted)
    assert step(state, DUE, trusted=SERVED.trusted, makes=MADE[2]).trusted[0] == MADE[2].ca


def test_a_certificate_that_a_clock_ahead_has_dated_is_followed_by_one_that_is_valid_now() -> None:
    earlier = FIRST.not_before - DAY_S
    assert step(SERVED, earlier, trusted=SERVED.trusted, makes=MADE[1]).following == SECOND
    ahead = replace(SECOND, not_before=NOW + DAY_S)
    state = step(replace(RENEWING, following=ahead), NOW, trusted=RENEWING.trusted)
    assert state.current == FIRST


def test_a_lost_secret_is_made_again_with_another_certificate_to_follow() -> None:
    assert step(SERVED, NOW, trusted=SERVED.trusted, reissue=True, makes=MADE[1]) == RENEWING


@settings(max_examples=30)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=5, max_size=30))
def test_whatever_replicas_serve_is_trusted_in_any_order_of_events(
    events: list[tuple[bool, bool, bool]],
) -> None:
    """Replicas may read the Secret late, the configuration may be written late, the Secret may be lost."""
    state, trusted, lagging, makes = SERVED, SERVED.trusted, FIRST, itertools.cycle(MADE[1:])
    for reads, registers, lost in events:
        state = next_state(
            state,
            Registered(trusted),
            WANTED,
            NOW,
            lambda: next(makes),
            settled=set(state.trusted) <= set(trusted),
            overlapped=lagging == state.current,
            reissue=lost,
        )
        assert state.current
        for served in (state.current, lagging):
            assert verifies(served, trusted, NOW)
        if reads:
            lagging = state.current
        if registers:
            trusted = state.trusted


@pytest.mark.parametrize("state", [SERVED, RENEWING])
def test_the_secret_holds_the_whole_state(state: State) -> None:
    assert read_state(data_of(state)) == state


def test_the_secret_of_the_certificate_command_is_a_state() -> None:
    texts = {
        "ca.crt": MADE[0].ca,
        "tls.crt": MADE[0].chain,
        "tls.key": MADE[0].key,
        "path-segments": f"{SERVED.segments[0]}\n{SERVED.segments[1]}\n".encode(),
    }
    data = {name: base64.b64encode(text).decode() for name, text in texts.items()}
    assert read_state(data) == SERVED


@pytest.mark.parametrize(
    "data",
    [
        {"tls.crt": "!", "tls.key": "!"},
        {"tls.crt": "bm9uc2Vuc2U=", "tls.key": "bm9uc2Vuc2U="},
        {"path-segments": "/w=="},
        {**data_of(SERVED), "path-segments": base64.b64encode(b"short").decode()},
        {**data_of(SERVED), "path-segments": base64.b64encode(b"A" * 48).decode()},
        {**data_of(SERVED), "tls.key": base64.b64encode(ENCRYPTED).decode()},
        {**data_of(SERVED), "tls.key": data_of(State(SECOND))["tls.key"]},
    ],
)
def test_a_secret_that_cannot_be_served_is_an_error(data: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read_state(data)


def test_no_key_and_no_segment_is_shown() -> None:
    shown = repr(RENEWING)
    assert "PRIVATE" not in shown
    assert SERVED.segments[0] not in shown


def test_segments_are_filled_up_and_rotated() -> None:
    one, two = next_segments(("one",), rotate=False)
    assert (one, len(two)) == ("one", 48)
    assert next_segments(("one", "two"), rotate=True)[::2] == ("two", "one")
