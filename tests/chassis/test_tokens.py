"""Which tokens are taken: those of our keys, our issuer, our algorithm and our length of life."""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from chassis.errors import Unauthenticated
from chassis.identity import tokens
from chassis.identity.tokens import LIFETIME_SECONDS, TokenVerifier
from chassis.ids import new_id

KEY = OKPKey.generate_key("Ed25519", {"kid": "ours", "use": "sig"}, private=True)
PUBLISHED = {"keys": [{**KEY.as_dict(private=False), "kid": "ours"}]}


def verifier() -> TokenVerifier:
    return TokenVerifier(lambda: PUBLISHED)


def claims(**other: Any) -> dict[str, Any]:
    at = int(time.time())
    ids = {"sub": str(new_id()), "sid": str(new_id())}
    return {"iss": tokens.ISSUER, **ids, "iat": at, "exp": at + LIFETIME_SECONDS} | other


def signed(said: dict[str, Any], *, alg: str = "Ed25519", key: Any = KEY) -> str:
    return jwt.encode({"alg": alg, "typ": "JWT", "kid": "ours"}, said, key, algorithms=[alg])


def test_what_is_issued_is_taken():
    user, session = new_id(), new_id()
    taken = verifier().verify(tokens.issue(KEY, user_id=user, session_id=session, stepped_up_at=7))
    assert (taken.subject, taken.session, taken.stepped_up_at) == (user, session, 7)


def test_only_one_algorithm_is_taken():
    public = OctKey.import_key(urlsafe_b64decode(str(KEY.as_dict(private=False)["x"]) + "="))
    header = urlsafe_b64encode(b'{"alg":"none","typ":"JWT","kid":"ours"}').decode().rstrip("=")
    unsigned = f"{header}.{signed(claims()).split('.')[1]}."
    for forged in (unsigned, signed(claims(), alg="HS256", key=public)):
        with pytest.raises(Unauthenticated):
            verifier().verify(forged)


@pytest.mark.parametrize(
    "said",
    [{"iss": "somebody-else"}, {"iss": None}, {"exp": int(time.time()) + 2 * LIFETIME_SECONDS + 60}],
    ids=["another issuer", "no issuer", "a longer life"],
)
def test_a_token_of_another_issuer_or_a_longer_life_is_refused(said):
    with pytest.raises(Unauthenticated):
        verifier().verify(signed(claims(**said)))


def test_a_token_is_refused_when_its_time_is_over_also_when_it_was_taken_before(monkeypatch):
    one, token = verifier(), signed(claims())
    one.verify(token)
    later = time.time() + LIFETIME_SECONDS + 1
    monkeypatch.setattr("chassis.identity.tokens.time.time", lambda: later)
    with pytest.raises(Unauthenticated):
        one.verify(token)


@pytest.mark.parametrize("lacking", ["sub", "sid", "exp", "iat"])
def test_a_token_that_does_not_say_everything_is_refused(lacking):
    said = claims()
    del said[lacking]
    with pytest.raises(Unauthenticated):
        verifier().verify(signed(said))
