"""The people and teams of the world as accounts and teams of auth, each with all that belongs to an account."""

from datetime import date, timedelta

from sqlalchemy import insert

from chassis.clock import now
from chassis.ids import new_id
from chassis.jobs import enqueue_for
from services.auth.api_keys.models import ApiKey
from services.auth.auditing.tables import alerts
from services.auth.elsewhere.models import IdentityProvider, LinkedIdentity
from services.auth.leaving.models import Departure
from services.auth.models import LoginSession, Team, User
from services.auth.reviewing.models import ACCOUNT, AccessReview, ReviewLine
from services.auth.roles import role_id
from services.auth.service import AuthService
from services.auth.signing_in.models import Passkey
from tests.policy.world import World


class Identity(World):
    """The people and teams of the world as accounts and teams of auth."""

    def __init__(self, service):
        super().__init__(service)
        with service.session(self.admin) as session:
            AuthService.seed(session, service.settings)
            teams = {self.teams.east: "East", self.teams.below: "Below", self.teams.west: "West"}
            session.add_all(Team.of(name, None, id=team_id) for team_id, name in teams.items())
            session.flush()
            people = [*self.of_role.values(), *self.people.values()]
            session.add_all(
                User.of(
                    id=one.id,
                    name=one.caller.name,
                    email=f"{one.id}@example.com",
                    password_hash="none",
                    teams=one.caller.teams,
                    roles=[],
                )
                for one in people
            )
            session.flush()
            self.provider, self.alert, self.reviews = new_id(), new_id(), {"own": new_id(), "stranger": new_id()}
            self._add_common(session)
            session.flush()
            self.things = {one.id: self._add_things(session, one.id) for one in people}
            session.add(self._line(self.reviews["stranger"], self.people["stranger"].id))
        service.directory.refresh()

    def _add_common(self, session):
        provider = IdentityProvider(id=self.provider, kind="oidc", name="Elsewhere", issuer="https://login.example.com")
        provider.client_id, provider.client_secret, provider.trusted = "rockpool", "secret", False
        session.add(provider)
        later = now() + timedelta(days=9)
        for review in self.reviews.values():
            session.add(AccessReview(id=review, started_by=self.admin.id, due_at=later, reminders=0))
        alert = {"id": self.alert, "kind": "reads", "day": date(2026, 1, 1), "details": {}, "version": 1}
        session.execute(insert(alerts).values(**alert, raised_at=now(), user_id=self.people["stranger"].id))

    def _line(self, review_id, reviewer_id):
        """Something to decide about a colleague."""
        line = ReviewLine(id=new_id(), review_id=review_id, reviewer_id=reviewer_id, kind=ACCOUNT, stale=True)
        line.user_id, line.permissions, line.unused = self.people["team"].id, {}, []
        return line

    def _add_things(self, session, user_id):
        """What belongs to an account, each by the name of its parameter."""
        log_in = LoginSession.begin(user_id, "192.0.2.1", timedelta(days=1))
        terms = {"role_id": role_id("analyst"), "name": "Key", "created_by": user_id}
        key, _ = ApiKey.made(owner_id=user_id, expires_at=now() + timedelta(days=9), **terms)
        passkey = Passkey(id=new_id(), user_id=user_id, name="Laptop", sign_count=0, transports=[])
        passkey.credential_id, passkey.public_key = user_id.bytes, b"key"
        identity = LinkedIdentity(id=new_id(), user_id=user_id, provider_id=self.provider, subject=str(user_id))
        line = self._line(self.reviews["own"], user_id)
        departure = Departure(id=new_id(), user_id=user_id, hand_over_to=self.of_role["administrator"].id, by=user_id)
        departure.job_id = job = enqueue_for(session, user_id, "run_import", {})
        session.add_all((log_in, key, passkey, identity, line, departure))
        things = {"session": log_in.id, "api_key": key.id, "passkey": passkey.id, "identity": identity.id}
        return things | {"line": line.id, "job": job}

    def user(self, **more):
        return lambda role, relation: {"user_id": self.owner(role, relation).id, **more}

    def team_of(self, **more):
        places = {"team": self.teams.east, "below": self.teams.below, "stranger": self.teams.west}
        return lambda _, relation: {"team_id": places[relation], **more}

    def thing(self, name, **more):
        """Something that belongs to the person of this relation."""
        return lambda role, relation: {f"{name}_id": self.things[self.owner(role, relation).id][name], **more}
