"""Requests as no client library would write them: the framing of a body, right and wrong.

A frame says what may come of it. `must`: bodies that are stored, each with a 200. `may`: bodies
that are stored if it is answered 200. Where `prefix` is set, so may any beginning of the body be: a
server can't tell a chunked body that was cut off from one that ended. SMUGGLED is stored never.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.integration.served import Server

SMUGGLED = b"smuggled, and nobody sent it"
CLOSE = "Connection: close"
CHUNKED = "Transfer-Encoding: chunked"


@dataclass(frozen=True)
class Frame:
    """What goes over the wire, and which bodies may be stored because of it."""

    raw: bytes
    must: tuple[bytes, ...] = ()
    may: tuple[bytes, ...] = ()
    prefix: bytes = b""


Framing = Callable[[Random, Server, bytes], Frame]


def length_of(body: bytes) -> str:
    return f"Content-Length: {len(body)}"


def chunks(random: Random, body: bytes, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    pieces, start = [], 0
    while start < len(body):
        size = random.choice((1, 7, 1000, 65_536)) if start < 50 else 65_536
        piece = body[start : start + size]
        pieces.append(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece))
        start += len(piece)
    return b"".join(pieces) + b"0\r\n" + trailer + b"\r\n"


def with_length(random: Random, server: Server, body: bytes) -> Frame:
    return Frame(server.head(length_of(body), CLOSE) + body, must=(body,))


def in_chunks(random: Random, server: Server, body: bytes) -> Frame:
    raw = server.head(CHUNKED, CLOSE) + chunks(random, body)
    return Frame(raw, must=(body,))


def in_odd_chunks(random: Random, server: Server, body: bytes) -> Frame:
    """Extensions and trailers are allowed; a server may still refuse them."""
    extension = random.choice((b";a=b", b";", b' ; q="x"', b";" + b"e" * 3000))
    trailer = random.choice((b"", b"X-Late: 1\r\n", b"Content-Length: 3\r\n", b"T: x\r\n" * 300))
    raw = server.head(CHUNKED, CLOSE) + chunks(random, body, extension, trailer)
    return Frame(raw, may=(body,), prefix=body)


def two_in_a_row(random: Random, server: Server, body: bytes) -> Frame:
    """Pipelined: both are genuine."""
    first = server.head(length_of(body)) + body
    return Frame(first + server.head(length_of(body[:9]), CLOSE) + body[:9], must=(body, body[:9]))


def length_and_chunks(random: Random, server: Server, body: bytes) -> Frame:
    """Two lengths that differ are how a request is smuggled past a proxy."""
    hidden = server.head(length_of(SMUGGLED), CLOSE) + SMUGGLED
    inner = chunks(random, body)
    lengths = [f"Content-Length: {random.choice((0, 3, len(inner) + len(hidden)))}", CHUNKED]
    random.shuffle(lengths)
    return Frame(server.head(*lengths) + inner + hidden, may=(body,))


def two_lengths(random: Random, server: Server, body: bytes) -> Frame:
    lengths = [length_of(body), f"Content-Length: {random.choice((0, 1, len(body) + 5))}"]
    random.shuffle(lengths)
    return Frame(server.head(*lengths, CLOSE) + body)


def wrong_length(random: Random, server: Server, body: bytes) -> Frame:
    word = random.choice(("-1", "+5", "0x10", "1e3", "1,2", " ", "9" * 30, "٣", "5 5", "many"))
    return Frame(server.head(f"Content-Length: {word}", CLOSE) + body)


def too_long(random: Random, server: Server, body: bytes) -> Frame:
    """The announced bytes never come."""
    announced = f"Content-Length: {len(body) + random.randint(1, 5000)}"
    return Frame(server.head(announced, CLOSE) + body)


def too_short(random: Random, server: Server, body: bytes) -> Frame:
    size = random.randint(0, len(body))
    return Frame(server.head(f"Content-Length: {size}", CLOSE) + body, must=(body[:size],))


def broken_chunks(random: Random, server: Server, body: bytes) -> Frame:
    inner = chunks(random, body)
    starved = body[:2] + b"\r\n0\r\n\r\n"
    broken, prefix = random.choice(
        (
            (inner[: random.randint(0, len(inner) - 3)], body),
            (b"zz\r\n" + inner, b""),
            (b"-1\r\n" + inner, b""),
            (b"f" * 40 + b"\r\n" + inner, b""),
            (inner.replace(b"\r\n", b"\n"), body),
            (b"ffff\r\n" + starved, starved),
        )
    )
    return Frame(server.head(CHUNKED, CLOSE) + broken, prefix=prefix)


def odd_encoding(random: Random, server: Server, body: bytes) -> Frame:
    word = random.choice(
        (
            "xchunked",
            "chunked, identity",
            "identity",
            "gzip, chunked",
            "\x0bchunked",
            "chunked,chunked",
        )
    )
    raw = server.head(f"Transfer-Encoding: {word}", CLOSE) + chunks(random, body)
    return Frame(raw, may=(body,), prefix=body)


def bare_newlines(random: Random, server: Server, body: bytes) -> Frame:
    head = server.head(length_of(body), CLOSE)
    return Frame(head.replace(b"\r\n", random.choice((b"\n", b"\r", b"\n\r"))) + body, may=(body,))


def odd_header(random: Random, server: Server, body: bytes) -> Frame:
    odd = random.choice(
        (
            *("X-Long: " + "x" * 9_000, "X-Huge: " + "x" * 600_000, "No colon", ": no name"),
            *("X-Folded: a\r\n b", "X-Nul: a\x00b", "Space : x", "X-Bytes: \xff\xfe", "X-CR: a\rb"),
            *("Expect: 100-continue", "Expect: nonsense", "Upgrade: h2c", "Upgrade: websocket"),
            *("Content-Encoding: gzip", "Content-Type: \x0b", "Host: evil.example", "Host: [::1"),
            *("X-Forwarded-Proto: javascript", "X-Request-ID: \t", "Cookie: sessionid=\xff"),
        )
    )
    many = ["X-Many: 1"] * random.choice((0, 0, 0, 90, 300))
    return Frame(server.head(odd, *many, length_of(body), CLOSE) + body, may=(body,))


def odd_line(random: Random, server: Server, body: bytes) -> Frame:
    good = f"POST {server.path} HTTP/1.1".encode()
    path = server.path.encode()
    lines = (
        *(b"POST %s HTTP/1.0" % path, b"POST %s HTTP/9.9" % path, b"POST %s" % path),
        *(b"GET %s HTTP/1.1" % path, b"\x00 %s HTTP/1.1" % path, b"POST  %s HTTP/1.1" % path),
        *(b"POST http://evil.example%s HTTP/1.1" % path, b"POST /%s HTTP/1.1" % path),
        *(b"POST %s?token=x&%%00 HTTP/1.1" % path, b"POST %s%%00 HTTP/1.1" % path),
        *(b"POST %s/../../../admin/ HTTP/1.1" % path, b"POST %s%%ff HTTP/1.1" % path),
        *(b"POST " + b"/x" * 5_000 + b" HTTP/1.1", b"POST * HTTP/1.1", b"CONNECT a:1 HTTP/1.1"),
        *(b"PRI * HTTP/2.0\r\n\r\nSM\r\n", b"\x16\x03\x01\x02\x00\x01", b"", b"OPTIONS * HTTP/1.1"),
    )
    raw = server.head(length_of(body), CLOSE).replace(good, random.choice(lines)) + body
    return Frame(raw, may=(body,))


def flipped(random: Random, server: Server, body: bytes) -> Frame:
    """A good request with some bits of its head turned over."""
    head = bytearray(server.head(length_of(body), CLOSE))
    for _ in range(random.randint(1, 3)):
        head[random.randrange(len(head))] ^= 1 << random.randrange(8)
    return Frame(bytes(head) + body, may=(body,), prefix=body)


def noise(random: Random, server: Server, body: bytes) -> Frame:
    return Frame(random.randbytes(random.randint(1, 400)) + body)


FRAMINGS: tuple[Framing, ...] = (
    *(with_length, with_length, in_chunks, in_chunks, in_odd_chunks, two_in_a_row),
    *(length_and_chunks, two_lengths, wrong_length, too_long, too_short, broken_chunks),
    *(odd_encoding, bare_newlines, odd_header, odd_header, odd_line, flipped, noise),
)
