"""databases.sh against a real PostgreSQL: one database and role per service, each closed to the others."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from devservers.postgres import SUPERUSER, PostgresCluster
from tests.deploy.conftest import ROOT, run

Make = Callable[..., None]

NAMES = ("deploy_one", "deploy_two")


@pytest.fixture
def make_databases(cluster: PostgresCluster, tmp_path: Path) -> Make:
    """Run the script with a password for each role."""
    path = f"{cluster.programs.folder}:{os.environ['PATH']}"
    if shutil.which("psql", path=path) is None:
        pytest.skip("psql does not come with the PostgreSQL of this machine")

    def make(**passwords: str) -> None:
        for name, password in {"administrator": cluster.password, **passwords}.items():
            (tmp_path / f"{name}_database_password").write_text(password, encoding="utf-8")
        settings = {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(cluster.port),
            "PGUSER": SUPERUSER,
            "PGPASSWORD_FILE": str(tmp_path / "administrator_database_password"),
            "SERVICES": " ".join(passwords),
            "SECRETS": str(tmp_path),
        }
        run("sh", ROOT / "deploy/postgres/databases.sh", env={**os.environ, "PATH": path, **settings})

    return make


def who_am_i(cluster: PostgresCluster, database: str, role: str, password: str) -> str:
    engine = create_engine(cluster.url(database, role, password))
    try:
        with engine.connect() as connection:
            return connection.scalar(text("SELECT current_user")) or ""
    finally:
        engine.dispose()


def test_each_role_gets_into_its_own_database_only(make_databases: Make, cluster: PostgresCluster) -> None:
    one, two = NAMES
    make_databases(**{one: 'it\'s "quoted"', two: "-dash"})
    assert who_am_i(cluster, one, one, 'it\'s "quoted"') == one
    assert who_am_i(cluster, two, two, "-dash") == two
    with pytest.raises(OperationalError, match="permission denied for database"):
        who_am_i(cluster, two, one, 'it\'s "quoted"')


def test_a_second_run_takes_over_a_changed_password(make_databases: Make, cluster: PostgresCluster) -> None:
    one, _ = NAMES
    make_databases(**{one: "old"})
    make_databases(**{one: "new"})
    assert who_am_i(cluster, one, one, "new") == one
    with pytest.raises(OperationalError, match="password authentication failed"):
        who_am_i(cluster, one, one, "old")
