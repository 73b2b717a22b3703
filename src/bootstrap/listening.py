"""The socket that the API listens on."""

import socket


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
    listener.bind((host, port))
    return listener
