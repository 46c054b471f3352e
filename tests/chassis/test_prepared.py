"""Queries that are planned once for each connection."""

import pytest
from sqlalchemy import Integer, String, bindparam, column, func, literal, select, table, text
from sqlalchemy.exc import DBAPIError

from chassis import prepared
from chassis.database import Database, is_disconnect
from chassis.prepared import PreparedQuery
from tests.chassis.probe.service import ProbeService

THINGS = table("things", column("id", Integer), column("name", String))


@pytest.fixture
def database(tested):
    """One connection, so that each query meets the statements of those before."""
    database = Database(tested(ProbeService).settings.database_url, connections=1)
    with database.transaction() as session:
        session.execute(text("CREATE TABLE things (id integer, name varchar(9))"))
        session.execute(text("INSERT INTO things VALUES (1, 'one'), (2, '2%'), (3, 'two')"))
    yield database
    database.close()


def known(database):
    """The queries that the connection has prepared."""
    with database.reading() as session:
        return session.scalars(text("SELECT statement FROM pg_prepared_statements ORDER BY 1")).all()


def names(database, query, **values):
    with database.reading() as session:
        return PreparedQuery(query).execute(session, values).scalars().all()


def test_a_query_is_prepared_once_and_takes_other_values_each_time(database):
    query = select(THINGS.c.name).where(THINGS.c.id >= bindparam("least"))
    assert names(database, query, least=3) == ["two"]
    assert names(database, query, least=2) == ["2%", "two"]
    assert len(known(database)) == 1


def test_a_value_is_given_once_wherever_it_stands_and_percent_signs_stay(database):
    least = bindparam("least", type_=Integer)
    query = select(THINGS.c.name).where(THINGS.c.name.like(literal("%\\%")), THINGS.c.id >= least, THINGS.c.id == least)
    assert names(database, query.where(THINGS.c.id % 2 == 0), least=2) == ["2%"]


def test_others_are_not_prepared(database):
    with database.reading() as session:
        session.execute(select(THINGS.c.name)).all()
    assert known(database) == []


def test_a_connection_keeps_only_the_latest(database, monkeypatch):
    monkeypatch.setattr(prepared, "KEPT", 2)
    numbered = [select(func.count(THINGS.c.id).label(f"number{number}")) for number in range(3)]
    for query in (numbered[0], numbered[1], numbered[0], numbered[2]):
        assert names(database, query) == [3]
    assert [one.split("number")[1][0] for one in known(database)] == ["0", "2"]


def test_a_statement_that_a_migration_has_outdated_counts_as_a_broken_connection(database):
    query = select(THINGS.c.name).order_by(THINGS.c.id)
    assert names(database, query)[0] == "one"
    with database.transaction() as session:
        session.execute(text("ALTER TABLE things ALTER name TYPE varchar(99)"))
    with pytest.raises(DBAPIError) as error:
        names(database, query)
    assert is_disconnect(error.value)
    assert names(database, query)[0] == "one"


def test_a_query_planned_for_its_values_is_prepared_when_it_is_asked_again(database):
    condition = THINGS.c.name == "2%"
    query = PreparedQuery(select(THINGS.c.name).where(condition, THINGS.c.id >= bindparam("least")), [condition])
    with database.reading() as session:
        assert query.execute(session, {"least": 2}).scalars().all() == ["2%"]
    assert known(database) == []
    for least, found in ((2, ["2%"]), (3, []), (1, ["2%"])):
        with database.reading() as session:
            assert query.execute(session, {"least": least}).scalars().all() == found
    [statement] = known(database)
    assert "'2%'" in statement
    assert "$1" in statement


def test_queries_planned_for_other_values_are_others(database):
    for name in ("one", "two", "a:b 'quoted' %(s", "one"):
        condition = THINGS.c.name == name
        query = PreparedQuery(select(THINGS.c.name).where(condition), [condition])
        for _ in range(2):
            with database.reading() as session:
                assert query.execute(session, {}).scalars().all() == ([name] if " " not in name else [])
    assert len(known(database)) == 3
