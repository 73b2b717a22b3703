"""What goes wrong with a server that we start ourselves."""


class EmbeddedServerError(RuntimeError):
    """An embedded server cannot run; the message is one sentence that says what to do."""
