import os
import socket
from pathlib import Path

from infrastructure.embedded.ports import CANDIDATES, free_port, is_free, kept_port, listens


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    port = free_port()
    assert is_free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
    assert is_free(port)


def test_a_process_listens_while_it_has_a_listening_socket() -> None:
    before = listens(os.getpid())
    with socket.create_server(("127.0.0.1", 0)):
        assert listens(os.getpid())
    assert listens(os.getpid()) == before
    assert not listens(2**22 + 1)


def test_ports_are_chosen_below_those_of_outgoing_connections() -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert free_port() in CANDIDATES
    assert max(CANDIDATES) < max(lowest, 32_001)


def test_a_port_is_kept_while_it_is_free(tmp_path: Path) -> None:
    file = tmp_path / "port"
    port = kept_port(file)
    assert kept_port(file) == port
    with socket.create_server(("127.0.0.1", port)):
        other = kept_port(file)
    assert other != port
    assert kept_port(file) == other


def test_a_damaged_note_of_a_port_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.write_text("")
    assert kept_port(file) == int(file.read_text())
