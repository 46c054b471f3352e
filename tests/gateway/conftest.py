"""A gateway with the small service ``things`` behind it, and people who are logged in."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from joserfc.jwk import OKPKey

from chassis.identity import tokens
from devservers.rabbitmq import RabbitNode
from tests.gateway.running import RunningGateway
from tests.gateway.small_service import SmallService
from tests.gateway.things import OPENAPI, functions

LogIn = Callable[..., dict[str, str]]
Start = Callable[..., RunningGateway]


@pytest.fixture(scope="session")
def signing_key() -> OKPKey:
    """The key that signs the access tokens of the tests."""
    return OKPKey.generate_key("Ed25519", {"kid": "tests"})


@pytest.fixture(scope="session")
def log_in(signing_key: OKPKey) -> LogIn:
    """Makes the headers of a logged-in caller; another caller each time unless one is named."""

    def headers(user: UUID | None = None, key: OKPKey | None = None, session: UUID | None = None) -> dict[str, str]:
        token = tokens.issue(key or signing_key, user_id=user or uuid4(), session_id=session or uuid4())
        return {"Authorization": f"Bearer {token}"}

    return headers


@pytest.fixture(scope="module")
def identity(broker: RabbitNode, signing_key: OKPKey) -> Iterator[SmallService]:
    """The service that publishes the keys of access tokens."""
    published = {"keys": [signing_key.as_dict(private=False)]}
    functions = {"published_keys": lambda _: published, "admit_caller": lambda _: None}
    with SmallService(broker.amqp_url(), "auth", {"paths": {}}, functions) as service:
        yield service


@pytest.fixture(scope="module")
def things(broker: RabbitNode) -> Iterator[SmallService]:
    """A service of things."""
    with SmallService(broker.amqp_url(), "things", OPENAPI, functions()) as service:
        yield service


@pytest.fixture(scope="module")
def gateway(
    broker: RabbitNode, identity: SmallService, things: SmallService, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningGateway]:
    """A gateway that knows the things."""
    with RunningGateway(tmp_path_factory.mktemp("gateway"), broker.amqp_url()) as running:
        running.wait_for("/api/v1/things", lambda answer: answer.status_code == 401)
        yield running


@pytest.fixture
def own_gateway(broker: RabbitNode, identity: SmallService, tmp_path: Path) -> Iterator[Start]:
    """Starts gateways of the test's own, with settings of its own."""
    running: list[RunningGateway] = []

    def start(**environment: str) -> RunningGateway:
        folder = tmp_path / str(len(running))
        folder.mkdir()
        running.append(RunningGateway(folder, broker.amqp_url(), **environment))
        return running[-1].start()

    yield start
    for one in running:
        one.__exit__()
