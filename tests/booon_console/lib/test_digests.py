"""One digest for every secret, whatever bytes a header brought."""

import pytest

from booon_console.lib.digests import digest_of


def test_digest_of_plain_text_is_its_sha256():
    # As every row in a database that is kept holds it.
    kept = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest_of("abc") == kept


@pytest.mark.parametrize("secret", ["\x00", "\udcff", "\ud800", "é", "😀", ""])
def test_any_text_has_a_digest_of_its_own(secret):
    assert len(digest_of(secret)) == 64
    assert digest_of(secret) not in {digest_of(other) for other in ("?", "key", "\udcfe")}
