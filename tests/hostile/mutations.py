"""Bytes that nobody meant: mutations of EasyEcom's bodies, each by a seed and a number."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

FOLDER = Path(__file__).parents[1] / "data" / "easyecom"
SAMPLES = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.json"))}
# The triggers that the two URLs are for, and so the only ones that get past the first look.
GENUINE = {
    "webhook_inventory": "inventory",
    "webhook_manifested_v1": "manifested",
    "webhook_manifested_v2": "manifested",
}
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null')
ENCODINGS = ("utf-16", "utf-32", "latin-1", "utf-7", "utf-8-sig", "cp500")

# What has broken somebody's parser, column, log or page before (docs/reliability.md#3-abuse).
NASTY = (
    *(b"\\u0000", b"\x00", b"\\ud800", b"\xed\xa0\x80", b"\xc0\xaf", b"\xff\xfe", b"\xef\xbb\xbf"),
    *(b"NaN", b"-Infinity", b"1e999", b"-1e-999", b"1E400", b"9" * 4301, b"1" + b"0" * 998),
    *(b"9223372036854775808", b"-9223372036854775809", b"2.5", b"-0", b"00", b"+1", b"0x10"),
    *(b"true", b"null", b'"3"', '"٣"'.encode(), b'""', b"{}", b"[]", b'"\\', b"'", b"/*", b"//"),
    *(b"[" * 65, b"[" * 2000, b'{"a":' * 2000, b"]" * 20, b"}" * 20, b",,", b":", b"\\u12"),
    *(b"<script>alert(1)</script>", b"javascript:alert(1)", b"{{7*7}}", b"${7*7}", b"%s%n"),
    *(b"'; DROP TABLE integration_delivery; --", b"=cmd|' /C calc'!A0", b"*)(uid=*"),
    *(b"\r\nX-Injected: 1", b"\x1b[31m", "\u202e\u200b\u2028".encode(), "😀".encode(), b"x" * 300),
    *(b"0000-00-00 00:00:00", b"9999-12-31 23:59:59", b"0001-01-01 00:00:00", b"NA", b"-"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 7, 10**6, 10**6 + 1, 2**63, 10**50, 2.5, -0.0, "3", "03", ""),
    *("٣", "NA", "-", "No Data Found", "0000-00-00 00:00:00", "2026-02-30 10:00:00", "BN-7731"),
    *("BN-7731_OR1", "kv70010001", "x" * 256, "x" * 70_000, "\x00", "\ud800", "\u202e", [], {}),
    *([[]], [{}], {"sku": "wick", "inventory": 3}, {"inventoryData": []}, {"orders": [None]}),
)
KEYS = ("sku", "inventory", "warehouse_id", "location_key", "inventoryData", "orders", "documents")
KEYS += ("invoice_id", "reference_code", "order_items", "suborders", "manifest_date", "courier")
KEYS += ("", "\x00", "\ud800", "__class__", "shipments", "currentShippingStatus")


def delivery_of(seed: int, number: int) -> tuple[str, bytes]:
    """Topic and hostile body of that number: the same for ever, for the same seed.

    Half of them are JSON still, and about a topic of ours: those come furthest inside.
    """
    random = Random(f"{seed}:{number}")
    if random.random() < 0.5:
        name = random.choice(list(GENUINE))
        return GENUINE[name], reshape(random, SAMPLES[name])
    body = random.choice(list(SAMPLES.values()))
    for _ in range(random.choice((1, 1, 2, 3, 5))):
        body = random.choice(MUTATIONS)(random, body)
    return random.choice(("inventory", "manifested")), body


def span(random: Random, body: bytes, longest: int) -> tuple[int, int]:
    start = random.randint(0, len(body))
    return start, min(start + random.randint(1, longest), len(body))


def flip(random: Random, body: bytes) -> bytes:
    flipped = bytearray(body or b" ")
    for _ in range(random.randint(1, 4)):
        flipped[random.randrange(len(flipped))] ^= 1 << random.randrange(8)
    return bytes(flipped)


def overwrite(random: Random, body: bytes) -> bytes:
    start, end = span(random, body, 8)
    return body[:start] + random.randbytes(end - start) + body[end:]


def drop(random: Random, body: bytes) -> bytes:
    start, end = span(random, body, 40)
    return body[:start] + body[end:]


def repeat(random: Random, body: bytes) -> bytes:
    start, end = span(random, body, 200)
    return body[:end] + body[start:end] * random.randint(1, 20) + body[end:]


def cut(random: Random, body: bytes) -> bytes:
    return body[: random.randint(0, len(body))]


def insert(random: Random, body: bytes) -> bytes:
    start, _ = span(random, body, 1)
    return body[:start] + random.choice(NASTY) + body[start:]


def replace_token(random: Random, body: bytes) -> bytes:
    """Another value in a value's or key's place, so that the rest is still JSON."""
    tokens = list(TOKEN.finditer(body))
    if not tokens:
        return insert(random, body)
    token = random.choice(tokens)
    return body[: token.start()] + random.choice(NASTY) + body[token.end() :]


def splice(random: Random, body: bytes) -> bytes:
    other = random.choice(list(SAMPLES.values()))
    return cut(random, body) + other[random.randint(0, len(other)) :]


def wrap(random: Random, body: bytes) -> bytes:
    frames = ((b"[", b"]"), (b'{"orders":', b"}"), (b'{"inventoryData":', b"}"), (b"", b" x"))
    before, after = random.choice(frames)
    times = random.choice((1, 1, 2, 63, 64, 1000))
    return before * times + body + after * times


def recode(random: Random, body: bytes) -> bytes:
    words = body.decode("utf-8", "replace")
    return words.encode(random.choice(ENCODINGS), "replace")


def compress(random: Random, body: bytes) -> bytes:
    return gzip.compress(body, 1, mtime=0)


def reshape(random: Random, body: bytes) -> bytes:
    """Good JSON of a wrong shape: values and keys exchanged somewhere in the tree."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return flip(random, body)
    for _ in range(random.randint(1, 3)):
        told = reshaped(random, told)
    return json.dumps(told).encode()


def reshaped(random: Random, value: Any) -> Any:
    if random.random() < 0.05 or not isinstance(value, list | dict) or not value:
        return random.choice(VALUES)
    if isinstance(value, list):
        place = random.randrange(len(value))
        return [*value[:place], reshaped(random, value[place]), *value[place + 1 :]]
    key = random.choice(list(value))
    renamed = random.choice(KEYS) if random.random() < 0.2 else key
    return value | {renamed: reshaped(random, value[key])}


def multiply(random: Random, body: bytes) -> bytes:
    """Very many lines; now and then more than a delivery may have, or than two megabytes."""
    times = random.choice((10, 100)) if random.random() < 0.97 else random.choice((6_000, 30_000))
    return b"[" + b",".join([body[:400]] * times) + b"]"


Mutation = Callable[[Random, bytes], bytes]
MUTATIONS: tuple[Mutation, ...] = (
    *(flip, overwrite, drop, repeat, cut, insert, replace_token, splice, wrap, recode, compress),
    *(reshape, reshape, reshape, replace_token, replace_token, multiply),
)
