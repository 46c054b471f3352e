"""The private PostgreSQL cluster, with a real one."""

import os
import shutil
import signal
from pathlib import Path

import psycopg2
import pytest

from devservers import databases, processes
from devservers.ports import wait_until
from devservers.postgres import PostgresCluster


def ask(url: str, query: str) -> object:
    with psycopg2.connect(url.replace("+psycopg2", "")) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return next(iter(cursor))[0] if cursor.description else None


def test_a_role_sees_its_own_database_and_no_other(scratch):
    with PostgresCluster(scratch / "pg", fast=True) as cluster:
        customers = cluster.create_role_and_database("customers", "pw-1")
        tickets = cluster.create_role_and_database("tickets", "pw-2")
        ask(customers, "create table people (id int)")
        with pytest.raises(psycopg2.OperationalError, match="permission denied"):
            ask(tickets.removesuffix("/tickets") + "/customers", "select 1")
        with pytest.raises(psycopg2.OperationalError, match="password"):
            ask(customers.replace("pw-1", "wrong"), "select 1")


def test_making_a_role_again_sets_its_password_and_keeps_its_data(scratch):
    with PostgresCluster(scratch / "pg", fast=True) as cluster:
        ask(cluster.create_role_and_database("customers", "old"), "create table people (id int)")
        renewed = cluster.create_role_and_database("customers", "new / und @ schön")
        assert ask(renewed, "select count(*) from people") == 0
        databases.drop_role_and_database(cluster.url(), "customers")
        assert not databases.answers(renewed)


def test_it_listens_on_the_loopback_interface_only_and_not_as_root(scratch):
    with PostgresCluster(scratch / "pg", fast=True) as cluster:
        assert ask(cluster.url(), "show listen_addresses") == "127.0.0.1"
        assert ask(cluster.url(), "show unix_socket_directories") == ""
        assert Path(f"/proc/{cluster.pid}").stat().st_uid != 0


def test_committed_rows_survive_kill_minus_nine(scratch):
    cluster = PostgresCluster(scratch / "pg").start()
    url = cluster.create_role_and_database("customers", "pw")
    ask(url, "create table people as select generate_series(1, 5000) as id")
    cluster.kill()
    assert not processes.running_in(cluster.data, "postgres")
    cluster.start()
    assert ask(url, "select count(*) from people") == 5000
    cluster.stop()


def test_a_new_run_takes_over_from_one_that_was_killed(scratch):
    first = PostgresCluster(scratch / "pg", fast=True).start()
    url = first.create_role_and_database("customers", "pw")
    with PostgresCluster(scratch / "pg", fast=True) as second:  # the first one never stopped its postmaster
        assert not first.alive
        assert second.port == first.port
        assert ask(url, "select 1") == 1


def test_a_stale_pid_file_does_not_hinder_the_start(scratch):
    cluster = PostgresCluster(scratch / "pg", fast=True).start()
    pid_file = (cluster.data / "postmaster.pid").read_text()
    cluster.stop()
    (cluster.data / "postmaster.pid").write_text(pid_file.replace(pid_file.split()[0], str(os.getppid()), 1))
    cluster.start()
    cluster.stop()


def test_a_wiped_cluster_is_empty_and_keeps_its_address(scratch):
    cluster = PostgresCluster(scratch / "pg", fast=True).start()
    cluster.create_role_and_database("customers", "pw")
    address = cluster.url()
    with pytest.raises(RuntimeError, match="stop or kill"):
        cluster.wipe()
    cluster.kill()
    cluster.wipe()
    cluster.start()
    assert cluster.url() == address
    assert ask(address, "select count(*) from pg_database where datname = 'customers'") == 0
    cluster.stop()


def test_a_killed_child_process_does_not_end_the_cluster(scratch):
    with PostgresCluster(scratch / "pg", fast=True) as cluster:
        killed = writer(cluster)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: writer(cluster) not in (None, killed), "the server has recovered", 60)
        assert cluster.alive


def writer(cluster: PostgresCluster) -> int | None:
    """The process that writes the log ahead; None while the server takes nobody."""
    try:
        return int(str(ask(cluster.url(), "select pid from pg_stat_activity where backend_type = 'walwriter'")))
    except (psycopg2.OperationalError, StopIteration):
        return None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_data_goes_elsewhere_if_the_account_cannot_enter_the_folder(scratch, capsys):
    closed = scratch / "closed"
    closed.mkdir(mode=0o700)
    with PostgresCluster(closed / "pg", fast=True) as cluster:
        assert closed not in cluster.data.parents
        assert str(cluster.data.parent) in capsys.readouterr().err
        assert PostgresCluster(closed / "pg").data == cluster.data
    assert not cluster.data.parent.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_data_elsewhere_is_cleared_away_once_its_folder_is_deleted(scratch):
    closed = scratch / "closed"
    closed.mkdir(mode=0o700)
    deserted = PostgresCluster(closed / "one").data.parent
    kept = PostgresCluster(closed / "two").data.parent
    shutil.rmtree(closed / "one")
    PostgresCluster(closed / "three")
    assert not deserted.exists()
    assert kept.exists()
    shutil.rmtree(closed)
    closed.mkdir(mode=0o700)
    with PostgresCluster(closed / "four", fast=True):
        assert not kept.exists()
