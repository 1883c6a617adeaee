"""permessage-deflate (RFC 7692) as a client: what cases offer, what a server may answer, and the two streams."""

import zlib

from errors import Violation


class Offer:
    """What a client asks for; it always allows the server to ask the same of it."""

    def __init__(self, requestNoContextTakeover=False, requestMaxWindowBits=0):
        self.requestNoContextTakeover = requestNoContextTakeover
        self.requestMaxWindowBits = requestMaxWindowBits
        self.acceptNoContextTakeover = True
        self.acceptMaxWindowBits = True

    @property
    def text(self):
        parts = ["permessage-deflate", "client_no_context_takeover", "client_max_window_bits"]
        if self.requestNoContextTakeover:
            parts.append("server_no_context_takeover")
        if self.requestMaxWindowBits:
            parts.append(f"server_max_window_bits={self.requestMaxWindowBits}")
        return "; ".join(parts)


class Response:
    """A server's answer, checked to the letter of RFC 7692 §7.1."""

    def __init__(self, text, offers):
        name, *parameters = [part.strip() for part in text.split(";")]
        if name != "permessage-deflate":
            raise Violation(1010, f"extension {name} was not offered")
        found = {}
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key in found:
                raise Violation(1010, f"{key} twice")
            found[key] = value
        self.server_no_context_takeover = self._flag(found, "server_no_context_takeover")
        self.client_no_context_takeover = self._flag(found, "client_no_context_takeover")
        self.server_max_window_bits = self._bits(found, "server_max_window_bits")
        self.client_max_window_bits = self._bits(found, "client_max_window_bits")
        if found:
            raise Violation(1010, f"unknown parameters {sorted(found)}")
        if not any(self._answers(offer) for offer in offers):
            raise Violation(1010, f"{text} answers none of the offers")

    @staticmethod
    def _flag(found, name):
        if name not in found:
            return False
        if found.pop(name):
            raise Violation(1010, f"{name} has a value")
        return True

    @staticmethod
    def _bits(found, name):
        if name not in found:
            return 15
        value = found.pop(name)
        if value not in [str(bits) for bits in range(8, 16)]:
            raise Violation(1010, f"{name}={value}")
        return int(value)

    def _answers(self, offer):
        if offer.requestNoContextTakeover and not self.server_no_context_takeover:
            return False
        return not offer.requestMaxWindowBits or self.server_max_window_bits <= offer.requestMaxWindowBits


class Accept:
    """A client's consent to an answer."""

    def __init__(self, response):
        self.response = response


class Deflate:
    """The two streams of one connection."""

    def __init__(self, response):
        self.response = response
        self.compressor = None
        self.decompressor = None

    def compressed(self, payload):
        if self.compressor is None or self.response.client_no_context_takeover:
            # zlib's raw deflate can't do a window of 8 bits; one of 9 would be too wide for such a server.
            bits = self.response.client_max_window_bits
            if bits == 8:
                raise Violation(1010, "this client can't do client_max_window_bits=8")
            self.compressor = zlib.compressobj(-1, zlib.DEFLATED, -bits)
        data = self.compressor.compress(payload) + self.compressor.flush(zlib.Z_SYNC_FLUSH)
        return data[:-4]

    def decompressed(self, payload):
        if self.decompressor is None or self.response.server_no_context_takeover:
            self.decompressor = zlib.decompressobj(-self.response.server_max_window_bits)
        try:
            return self.decompressor.decompress(payload + b"\x00\x00\xff\xff")
        except zlib.error as error:
            raise Violation(1007, f"not deflated: {error}") from None
