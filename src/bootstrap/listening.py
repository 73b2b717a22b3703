"""The sockets that a process listens on, and the sentence for an address that is taken."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server

from bootstrap.settings import Settings


class AddressTaken(RuntimeError):
    """Another program listens where a process should."""


def listening_socket(host: str, port: int, *, shared: bool) -> socket.socket:
    """Return a socket bound to the address.

    shared : several processes listen on the one port, and the kernel spreads connections over them. Otherwise a
        second process is refused, which is what somebody wants who started two by mistake.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((host, port))
    except OSError as failure:
        listener.close()
        raise _explained(failure, host, port) from failure
    return listener


@contextmanager
def metrics_of(process: str, settings: Settings) -> Iterator[None]:
    """Serve the process's own /metrics meanwhile."""
    host, port = settings.metrics_host, settings.metrics_port_of(process)
    try:
        server, thread = start_http_server(port, host)
    except OSError as failure:
        raise _explained(failure, host, port) from failure
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _explained(failure: OSError, host: str, port: int) -> Exception:
    if failure.errno == errno.EADDRINUSE:
        return AddressTaken(
            f"Another program listens on {host}, port {port}. Choose another port for one of them."
        )
    return failure
