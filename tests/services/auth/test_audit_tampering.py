"""Whoever tampers with the audit trail is found, and the first entry that he touched is named."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.auth.auditing.chain import keep_audit
from services.auth.auditing.seals import Seals, canonical, chained
from services.auth.auditing.verifying import Verdict, Verification, verify
from services.auth.service import AuthService
from tests.services.auth.trail import Trail, batch, entry

ENTRIES = 40
SIGNED = (15, 30, ENTRIES)
TAMPERINGS = 1_000
COLUMNS = {
    "body": "body || ' '",
    "action": "'read_customer'",
    "kind": "'other'",
    "outcome": "'other'",
    "resource": "'other'",
    "actor": "gen_random_uuid()",
    "id": "gen_random_uuid()",
    "remote_addr": "'198.51.100.1'",
    "records": "ARRAY[gen_random_uuid()]",
    "at": "at - interval '1 hour'",
    "number": "number + 1000",
    "service": "'other'",
    "hash": "sha256(hash)",
    "previous": "sha256(previous)",
    "seal": "substr(sha256(seal), 1, 16)",
}


@dataclass
class Thief:
    """Somebody who may write into the database, knows how the chain is made, and lacks the key of the seals."""

    session: Any

    def run(self, statement: str, **values: Any) -> None:
        self.session.execute(text(statement), values)

    def change(self, at: int, column: str) -> int:
        self.run(f"UPDATE audit_chain SET {column} = {COLUMNS[column]} WHERE sequence = :at", at=at)
        return at

    def rewrite(self, at: int) -> int:
        """Change what an entry says, everywhere, and tie all that follow anew."""
        body = self.session.scalar(text("SELECT body FROM audit_chain WHERE sequence = :at"), {"at": at})
        self.run(
            "UPDATE audit_chain SET body = :body, action = 'other' WHERE sequence = :at",
            body=body.replace('"change_customer"', '"other"'),
            at=at,
        )
        self.tie_anew(at)
        return at

    def delete(self, at: int, *, close: bool) -> int:
        self.run("DELETE FROM audit_chain WHERE sequence = :at", at=at)
        if close:
            self.shift(at + 1, -1)
            self.tie_anew(at)
        return at

    def swap(self, one: int, other: int, *, tie: bool) -> int:
        for source, target in ((one, -1), (other, one), (-1, other)):
            self.run("UPDATE audit_chain SET sequence = :target WHERE sequence = :source", source=source, target=target)
        if tie:
            self.tie_anew(min(one, other))
        return min(one, other)

    def insert(self, at: int, *, tie: bool) -> int:
        self.shift(at, 1)
        forged = entry(10_000 + at)
        self.run(
            "INSERT INTO audit_chain (sequence, service, number, id, at, kind, action, outcome, actor, remote_addr, "
            "resource, records, body, previous, hash, seal) SELECT :at, service, :number, gen_random_uuid(), at, kind, "
            "action, outcome, actor, remote_addr, resource, records, :body, previous, hash, seal "
            "FROM audit_chain WHERE sequence <> :at ORDER BY abs(sequence - :at) LIMIT 1",
            at=at,
            number=forged["number"],
            body=canonical({**forged, "service": "customers"}),
        )
        if tie:
            self.tie_anew(at)
        return at

    def cut(self, after: int) -> int:
        """Cut off the end, and make the database forget that there was more."""
        self.run("DELETE FROM audit_chain WHERE sequence > :after", after=after)
        self.run("DELETE FROM audit_checkpoints WHERE sequence > :after", after=after)
        self.run(
            "UPDATE audit_head SET sequence = :after, "
            "hash = COALESCE((SELECT hash FROM audit_chain WHERE sequence = :after), :beginning)",
            after=after,
            beginning=bytes(32),
        )
        self.run(
            "UPDATE audit_sources SET last = "
            "COALESCE((SELECT max(number) FROM audit_chain c WHERE c.service = audit_sources.service), 0)"
        )
        return after + 1

    def shift(self, since: int, by: int) -> None:
        """Renumber the entries from one on, past each other in two steps."""
        self.run("UPDATE audit_chain SET sequence = -(sequence + :by) WHERE sequence >= :since", since=since, by=by)
        self.run("UPDATE audit_chain SET sequence = -sequence WHERE sequence < 0")

    def tie_anew(self, since: int) -> None:
        """Compute all hashes from one entry on again; the seals are made up."""
        rows = self.session.execute(
            text("SELECT sequence, body, hash FROM audit_chain WHERE sequence >= :s ORDER BY sequence"),
            {"s": since - 1},
        ).all()
        previous = bytes(rows[0].hash) if rows and rows[0].sequence == since - 1 else bytes(32)
        for row in rows:
            if row.sequence < since:
                continue
            tied = chained(previous, row.sequence, row.body)
            self.run(
                "UPDATE audit_chain SET previous = :p, hash = :h, seal = :s WHERE sequence = :n",
                p=previous,
                h=tied,
                s=hashlib.sha256(tied).digest()[:16],
                n=row.sequence,
            )
            previous = tied
        self.run("UPDATE audit_head SET hash = :h, sequence = (SELECT max(sequence) FROM audit_chain)", h=previous)


PLACES = st.integers(1, ENTRIES)
PAIRS = st.tuples(PLACES, PLACES).filter(lambda pair: pair[0] != pair[1])
DEEDS = st.one_of(
    st.tuples(st.just("change"), PLACES, st.sampled_from(sorted(COLUMNS))),
    st.tuples(st.just("rewrite"), PLACES),
    st.tuples(st.just("delete"), PLACES, st.booleans()),
    st.tuples(st.just("swap"), PAIRS, st.booleans()),
    st.tuples(st.just("insert"), st.integers(1, ENTRIES + 1), st.booleans()),
    st.tuples(st.just("cut"), st.integers(0, ENTRIES - 1)),
)


def commit(thief: Thief, deed: tuple[Any, ...]) -> int:
    """Do it; which entry is the first that is wrong then."""
    kind, *how = deed
    if kind == "delete":
        return thief.delete(how[0], close=how[1])
    if kind == "swap":
        return thief.swap(*how[0], tie=how[1])
    if kind == "insert":
        return thief.insert(how[0], tie=how[1])
    return getattr(thief, kind)(*how)


@pytest.fixture
def trail(tested):
    made = Trail(tested(AuthService))
    numbers = {"customers": 0, "tickets": 0, "campaigns": 0}
    for place in range(1, ENTRIES + 1):
        service = sorted(numbers)[place % 3]
        numbers[service] += 1
        made.take(service, entry(numbers[service], details={"place": place}))
        if place in SIGNED:
            assert made.sign().sequence == place
    return made


def test_an_untouched_trail_is_sound(trail):
    verdict = trail.verdict()
    assert (verdict.entries, verdict.first_bad) == (ENTRIES, None)


def test_every_tampering_is_found_and_the_first_bad_entry_named(trail):
    seen: dict[str, int] = {}

    @settings(
        max_examples=TAMPERINGS,
        deadline=None,
        print_blob=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(DEEDS)
    def tamper(deed):
        with trail.auth.database.engine.connect() as connection:
            from sqlalchemy.orm import Session

            with Session(connection) as session:
                first = commit(Thief(session), deed)
                verdict = trail.verdict_in(session)
                session.rollback()
        note(f"{deed}: {verdict}")
        seen[deed[0]] = seen.get(deed[0], 0) + 1
        assert verdict.first_bad is not None
        assert verdict.first_bad.sequence == first

    tamper()
    assert set(seen) == {"change", "rewrite", "delete", "swap", "insert", "cut"}
    assert trail.verdict().sound


def test_the_end_cannot_be_cut_off_and_signed_anew(trail):
    """Whoever waits for the next checkpoint after a cut waits in vain: none is signed, and there is an alert."""
    with trail.auth.session() as session:
        Thief(session).cut(20)
    assert trail.sign() is None
    assert trail.verdict().first_bad.sequence == 21
    assert trail.auth.scalar("SELECT kind FROM alerts") == "trail_unsound"


def test_a_checkpoint_signed_by_somebody_else_does_not_count(trail):
    with trail.auth.session() as session:
        Thief(session).run("UPDATE audit_checkpoints SET signature = sha256(signature) || sha256(signature)")
    assert "not signed" in trail.verdict().first_bad.why


def test_a_file_beside_the_database_finds_a_cut_though_the_store_of_files_was_cut_too(tested, tmp_path):
    file = tmp_path / "elsewhere.jsonl"
    trail = Trail(tested(AuthService, audit_checkpoints=str(file)))
    for number in range(1, 6):
        trail.take("customers", entry(number))
        trail.sign()
    assert len(file.read_bytes().splitlines()) == 5
    with trail.auth.session() as session:
        Thief(session).cut(3)
    trail.auth.blobs.delete("audit/checkpoints/newest.json")
    bad = verify(trail.auth.runtime).first_bad
    assert bad is not None
    assert (bad.sequence, bad.why) == (4, "cut off: there were 5 entries")


def test_what_was_sealed_under_a_former_key_is_verified_and_nothing_new_is_sealed_with_it(trail):
    former, present = trail.auth.settings, secrets.token_bytes(32)
    written = urlsafe_b64encode(former.secret_key).decode()

    def chain_under(settings, number):
        with trail.auth.session() as session:
            session.info["settings"] = settings
            keep_audit(session, batch("newcomer", entry(number)))

    def verdict(*keys):
        with trail.auth.session() as session:
            return Verification(session, Seals.of(*keys), trail.auth.blobs, None).verdict()

    chain_under(replace(former, secret_key=present, audit_former_keys=written), 1)
    assert verdict(present, written) == Verdict(ENTRIES + 1, None)
    assert not verdict(present).sound

    chain_under(former, 2)
    assert verdict(present, written).first_bad.sequence == ENTRIES + 2
