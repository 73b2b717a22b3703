import pytest

from bootstrap.listening import AddressTaken, listening_socket
from infrastructure.embedded.ports import free_port


def test_processes_that_share_a_port_all_listen_on_it() -> None:
    port = free_port()
    with listening_socket("127.0.0.1", port, shared=True) as one:
        one.listen()
        with listening_socket("127.0.0.1", port, shared=True) as other:
            other.listen()


def test_a_second_process_that_shares_nothing_is_refused() -> None:
    port = free_port()
    with listening_socket("127.0.0.1", port, shared=False) as one:
        one.listen()
        with pytest.raises(AddressTaken, match=str(port)):
            listening_socket("127.0.0.1", port, shared=False).close()
