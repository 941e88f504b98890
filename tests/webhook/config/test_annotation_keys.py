"""Spellings of keys: the predecessor's, the successor's, and its mirror for OpenBao."""

from webhook.config.annotation_keys import PREFIX, SUCCESSOR_PREFIX, spellings


def test_a_renamed_key_is_read_under_both_names_and_the_new_one_wins() -> None:
    assert spellings("log-level", "vault-log-level") == (
        SUCCESSOR_PREFIX + "vault-log-level",
        SUCCESSOR_PREFIX + "bao-log-level",
        SUCCESSOR_PREFIX + "log-level",
        PREFIX + "log-level",
    )


def test_a_key_that_is_not_vaults_has_no_mirror() -> None:
    assert spellings("mutate") == (SUCCESSOR_PREFIX + "mutate", PREFIX + "mutate")
