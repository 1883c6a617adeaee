"""What a peer can do wrong."""


class Violation(Exception):
    """The server broke a rule of the protocol; `code` is what it is failed with."""

    def __init__(self, code, reason):
        super().__init__(reason)
        self.code = code
