"""Ports that are free now and stay so."""

import socket

import pytest

from devservers.ports import NotReady, answers, first_free, free_port, free_ports, is_free, wait_until


def test_a_port_with_a_listener_is_not_free():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not is_free(port)
        assert answers(port)
        assert first_free(port) > port


def test_free_ports_are_different_and_outside_the_range_of_outgoing_connections():
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert max(ports) < 32_768


def test_a_taken_port_is_not_offered_again():
    port = free_port()
    assert port not in {free_port([port]) for _ in range(50)}


def test_waiting_in_vain_says_what_was_waited_for():
    with pytest.raises(NotReady, match="the moon: not ready"):
        wait_until(lambda: False, "the moon", timeout=0.1)
