import gzip
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

import pytest
import requests
import responses

from integration import easyecom
from integration.easyecom import (
    AwbAssigned,
    Call,
    Done,
    Exchange,
    Kind,
    NotSent,
    OrderCreated,
    OutcomeUnknown,
    RateLimited,
)
from integration.easyecom.reading import MAX_REPLY
from integration.easyecom.transport import KEPT_REPLY
from tests.integration.easyecom.bodies import body, told
from tests.integration.easyecom.test_calls import new_order
from tests.integration.easyecom.wire_server import Visit, answer, serving

ORDER = easyecom.create_order(new_order())
FIND = easyecom.find_order("BN-7731")
AWB = easyecom.assign_awb("733000333", "Delhivery", "5512", "7301")
CREATED = body("order_created")


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with easyecom.make_session() as made:
        yield made


def sent(session: requests.Session, url: str, call: Call = ORDER, **changes: Any) -> Exchange:
    wishes = {"token": "canary.jwt", "x_api_key": "canary-key", "timeout": 3.0} | changes
    return easyecom.send(session, url, call, **wishes)


def answering(*pieces: bytes) -> Any:
    def handler(visit: Visit) -> None:
        visit.request()
        visit.say(*pieces)

    return handler


def test_a_call_goes_out_whole_and_its_answer_is_read(session: requests.Session) -> None:
    requested: list[bytes] = []

    def handler(visit: Visit) -> None:
        requested.append(visit.request())
        visit.say(answer(CREATED))

    with serving(handler) as server:
        exchange = sent(session, server.url)
    assert exchange.outcome == Done(OrderCreated("733000111", "733000222", "733000333"))
    assert (exchange.status, exchange.reply) == (200, CREATED)
    assert 0 <= exchange.elapsed_ms < 8000
    head, _, payload = requested[0].partition(b"\r\n\r\n")
    request_line, *headers = head.decode().split("\r\n")
    assert request_line == "POST /webhook/v2/createOrder HTTP/1.1"
    assert sorted(
        line for line in headers if not line.startswith(("Host:", "Content-Length:"))
    ) == [
        "Accept-Encoding: identity",
        "Accept: application/json",
        "Authorization: Bearer canary.jwt",
        "Content-Type: application/json",
        "User-Agent: booon-console",
        "x-api-key: canary-key",
    ]
    assert payload == json.dumps(ORDER.body, separators=(",", ":")).encode()


def test_the_log_in_carries_the_key_but_no_token(session: requests.Session) -> None:
    requested: list[bytes] = []

    def handler(visit: Visit) -> None:
        requested.append(visit.request())
        visit.say(answer(body("token_issued")))

    with serving(handler) as server:
        exchange = sent(session, server.url, easyecom.log_in("a@b.example", "pw", "kv1"), token="")
    assert isinstance(exchange.outcome, Done)
    assert b"authorization" not in requested[0].lower()
    assert b"x-api-key: canary-key\r\n" in requested[0]


@pytest.mark.parametrize("prefix", ["", "/ee"])
def test_an_opaque_cursor_is_sent_verbatim(session: requests.Session, prefix: str) -> None:
    target = "/Products/GetProductMaster?cursor=aB3_x/9%2fQ%7e|{}^`[1]==&x=%zz%"
    requested: list[bytes] = []

    def handler(visit: Visit) -> None:
        requested.append(visit.request())
        visit.say(answer(body("products_none")))

    with serving(handler) as server:
        call = easyecom.next_page(Kind.GET_PRODUCTS, target, server.url + prefix)
        assert isinstance(sent(session, server.url + prefix, call).outcome, Done)
    assert requested[0].startswith(f"GET {prefix}{target} HTTP/1.1\r\n".encode())


def test_connections_are_reused_by_their_session(session: requests.Session) -> None:
    def handler(visit: Visit) -> None:
        while True:
            visit.request()
            visit.say(answer(body("awb_assigned")))

    with serving(handler) as server:
        outcomes = [sent(session, server.url, AWB).outcome for _ in range(3)]
        assert (outcomes, server.connections) == ([Done(AwbAssigned())] * 3, 1)
        session.close()


def test_a_connection_that_idled_too_long_is_not_used_again(
    session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integration.easyecom.wire._IDLE_LIMIT", 0.0)

    def handler(visit: Visit) -> None:
        visit.request()
        visit.say(answer(body("awb_assigned")))
        visit.over.wait(5)

    with serving(handler) as server:
        outcomes = [sent(session, server.url, AWB).outcome for _ in range(2)]
        assert (outcomes, server.connections) == ([Done(AwbAssigned())] * 2, 2)


def test_a_connection_that_the_server_closed_is_not_used_again(session: requests.Session) -> None:
    """A refused re-use costs nothing; a write into a closed connection would be in doubt."""
    with serving(answering(answer(body("awb_assigned")))) as server:
        assert sent(session, server.url, AWB).outcome == Done(AwbAssigned())
        server.threads[1].join()
        assert sent(session, server.url, AWB).outcome == Done(AwbAssigned())
        assert server.connections == 2


def test_a_refused_connection_sent_nothing(session: requests.Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    exchange = sent(session, f"http://127.0.0.1:{port}")
    assert exchange.outcome == NotSent(
        "POST /webhook/v2/createOrder stopped because the connection failed, while connecting"
    )
    assert (exchange.status, exchange.reply) == (None, b"")


def test_an_unknown_name_sent_nothing(
    session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(-2, "canary")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert sent(session, "https://api.easyecom.example").outcome == NotSent(
        "POST /webhook/v2/createOrder stopped because the connection failed,"
        " while looking up the address"
    )


def test_a_second_address_gets_its_share_of_the_time(
    session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(answering(answer(CREATED))) as server, socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(full.getsockname())
            stream = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
            places = [(*stream, full.getsockname()), (*stream, server.listener.getsockname())]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: places)
            outcome = sent(session, "http://api.easyecom.example", timeout=0.6).outcome
            monkeypatch.undo()
    assert isinstance(outcome, Done)


def test_an_address_that_comes_too_late_sends_nothing(
    session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = socket.getaddrinfo

    def slow(*args: Any, **kwargs: Any) -> Any:
        threading.Event().wait(0.15)
        return look_up(*args, **kwargs)

    with serving(answering(answer(CREATED))) as server:
        monkeypatch.setattr(socket, "getaddrinfo", slow)
        exchange = sent(session, server.url, timeout=0.1)
        monkeypatch.undo()
    assert isinstance(exchange.outcome, NotSent)


def test_a_connect_that_is_never_answered_sent_nothing(session: requests.Session) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(full.getsockname())
            url = f"http://127.0.0.1:{full.getsockname()[1]}"
            exchange = sent(session, url, timeout=0.3)
    assert exchange.outcome == NotSent(
        "POST /webhook/v2/createOrder stopped at the deadline, while connecting"
    )
    assert exchange.elapsed_ms < 8000


def test_a_failed_handshake_sent_nothing(session: requests.Session) -> None:
    with serving(lambda visit: visit.say(b"I speak no TLS\r\n")) as server:
        exchange = sent(session, server.url.replace("http://", "https://"))
    assert exchange.outcome == NotSent(
        "POST /webhook/v2/createOrder stopped because the connection failed, while agreeing on TLS"
    )


def test_a_handshake_without_end_sent_nothing(session: requests.Session) -> None:
    with serving(lambda visit: visit.drip(b"")) as server:
        exchange = sent(session, server.url.replace("http://", "https://"), timeout=0.3)
    assert isinstance(exchange.outcome, NotSent)
    assert exchange.elapsed_ms < 8000


@pytest.mark.parametrize("read_first", [True, False])
def test_a_reset_before_the_answer_is_doubt(session: requests.Session, read_first: bool) -> None:
    def handler(visit: Visit) -> None:
        if read_first:
            visit.request()
        else:
            visit.sock.recv(1)
        visit.reset()

    with serving(handler) as server:
        exchange = sent(session, server.url)
    assert isinstance(exchange.outcome, OutcomeUnknown)
    assert exchange.status is None


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Le",),
        (answer(CREATED)[:-20],),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"ffff\r\n" + CREATED),
        (b"HTTP/1.1 200 OK\r\n\r\n", CREATED[:-20]),
        (b"no http at all\r\n\r\n",),
        (b"",),
    ],
    ids=["head", "body", "chunk", "until-close", "nonsense", "nothing"],
)
@pytest.mark.parametrize("how", ["reset", "close"])
def test_an_answer_cut_short_is_doubt(
    session: requests.Session, pieces: tuple[bytes, ...], how: str
) -> None:
    def handler(visit: Visit) -> None:
        visit.request()
        visit.say(*pieces)
        if how == "reset":
            visit.reset()

    with serving(handler) as server:
        assert isinstance(sent(session, server.url).outcome, OutcomeUnknown)


@pytest.mark.parametrize(
    ("beginning", "piece", "step"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Drip: ", b"x", "waiting for the answer"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", "waiting for the answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x", "reading the answer"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1\r\nx\r\n",
            "reading the answer",
        ),
        (b"", b"", "waiting for the answer"),
    ],
    ids=["header", "headers", "body", "chunks", "silence"],
)
def test_a_dripping_answer_is_cut_at_the_deadline(
    session: requests.Session, beginning: bytes, piece: bytes, step: str
) -> None:
    def handler(visit: Visit) -> None:
        visit.request()
        visit.say(beginning)
        visit.drip(piece)

    with serving(handler) as server:
        exchange = sent(session, server.url, timeout=0.25)
    assert exchange.outcome == OutcomeUnknown(
        f"POST /webhook/v2/createOrder stopped at the deadline, while {step}"
    )
    assert 240 <= exchange.elapsed_ms < 8000


def test_a_server_that_does_not_read_is_cut_at_the_deadline(session: requests.Session) -> None:
    call = Call(Kind.CREATE_ORDER, "POST", "/webhook/v2/createOrder", {"x": "y" * 20_000_000})
    with serving(lambda visit: visit.drip(b"")) as server:
        exchange = sent(session, server.url, call, timeout=0.25)
    assert exchange.outcome == OutcomeUnknown(
        "POST /webhook/v2/createOrder stopped at the deadline, while sending the request"
    )
    assert exchange.elapsed_ms < 8000


def test_no_time_at_all_sends_nothing(session: requests.Session) -> None:
    with serving(answering(answer(CREATED))) as server:
        exchange = sent(session, server.url, timeout=0)
        assert server.connections == 0
    assert isinstance(exchange.outcome, NotSent)


@pytest.mark.parametrize("length", ["", "Content-Length: 1000000000\r\n"])
def test_an_endless_answer_is_read_up_to_the_cap(session: requests.Session, length: str) -> None:
    told_bytes: list[int] = []

    def handler(visit: Visit) -> None:
        visit.request()
        visit.say(f"HTTP/1.1 200 OK\r\n{length}\r\n".encode())
        try:
            while not visit.over.is_set():
                visit.say(b"x" * 1_000_000)
                told_bytes.append(1_000_000)
        finally:
            visit.over.set()

    with serving(handler) as server:
        exchange = sent(session, server.url, timeout=10)
        assert server.over.wait(5)
    assert isinstance(exchange.outcome, OutcomeUnknown)
    assert "too long" in exchange.outcome.reason
    assert len(exchange.reply) == KEPT_REPLY
    assert sum(told_bytes) < 8 * MAX_REPLY


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(session: requests.Session, status: str) -> None:
    with serving(answering(answer(CREATED, status, "Location: /elsewhere"))) as server:
        exchange = sent(session, server.url)
        assert server.connections == 1
    assert isinstance(exchange.outcome, OutcomeUnknown)
    assert exchange.status == int(status[:3])


def test_html_is_doubt(session: requests.Session) -> None:
    page = b"<html>log in here</html>"
    with serving(answering(answer(page, "200 OK", "Content-Type: text/html"))) as server:
        exchange = sent(session, server.url)
    assert exchange.outcome == OutcomeUnknown(
        "POST /webhook/v2/createOrder was answered with HTTP 200, and its body is no answer (html)"
    )


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "x-gzip"])
def test_an_answer_compressed_against_our_wish_is_read(
    session: requests.Session, encoding: str
) -> None:
    packed = gzip.compress(CREATED)
    with serving(answering(answer(packed, "200 OK", f"Content-Encoding: {encoding}"))) as server:
        exchange = sent(session, server.url)
    assert isinstance(exchange.outcome, Done)
    assert exchange.reply == CREATED


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (gzip.compress(b" " * 60_000_000), "gzip"),
        (b"\x1f\x8b\x08garbage", "gzip"),
        (gzip.compress(CREATED)[:40], "gzip"),
        (CREATED, "gzip"),
        (gzip.compress(CREATED), "br"),
        (gzip.compress(CREATED), ""),
    ],
    ids=["bomb", "garbage", "truncated", "not-packed", "brotli", "unnamed"],
)
def test_a_bad_compression_is_doubt_and_no_bomb(
    session: requests.Session, packed: bytes, encoding: str
) -> None:
    headers = [f"Content-Encoding: {encoding}"] if encoding else []
    with serving(answering(answer(packed, "200 OK", *headers))) as server:
        exchange = sent(session, server.url)
    unpacked = encoding == "gzip" and packed == CREATED
    assert isinstance(exchange.outcome, Done if unpacked else OutcomeUnknown)


def test_an_early_refusal_is_read_though_the_body_was_not(session: requests.Session) -> None:
    def handler(visit: Visit) -> None:
        visit.say(answer(b"", "429 Slow down", "Retry-After: 7"))
        visit.request()

    with serving(handler) as server:
        exchange = sent(session, server.url)
    assert exchange.outcome == RateLimited(7.0)


def test_cookies_are_never_sent_back(session: requests.Session) -> None:
    requested: list[bytes] = []

    def handler(visit: Visit) -> None:
        while True:
            requested.append(visit.request())
            visit.say(answer(body("awb_assigned"), "200 OK", "Set-Cookie: session=canary; Path=/"))

    with serving(handler) as server:
        for _ in range(2):
            sent(session, server.url, AWB)
        session.close()
    assert len(requested) == 2
    assert b"cookie" not in b"".join(requested).lower()


def test_the_environment_has_no_say(
    session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with serving(answering(answer(CREATED))) as server:
        assert isinstance(sent(session, server.url).outcome, Done)


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("http://127.0.0.1:1", ""),
        ("http://127.0.0.1:1", "bad\r\ntoken"),
        ("ftp://127.0.0.1:1", "ok"),
        ("no url", "ok"),
        ("http://[bad", "ok"),
        ("http://", "ok"),
    ],
)
def test_a_call_that_cannot_be_put_together_sent_nothing(
    session: requests.Session, url: str, token: str
) -> None:
    exchange = sent(session, url, token=token)
    assert isinstance(exchange.outcome, NotSent)
    assert "bad" not in exchange.outcome.reason


def test_a_header_that_does_not_fit_sends_nothing(session: requests.Session) -> None:
    with serving(answering(answer(CREATED))) as server:
        exchange = sent(session, server.url, x_api_key="ключ")
    assert isinstance(exchange.outcome, NotSent)


def test_reasons_hold_neither_tokens_nor_queries(session: requests.Session) -> None:
    with serving(lambda visit: visit.reset()) as server:
        exchange = sent(session, server.url, FIND)
    assert "canary" not in repr(exchange)
    assert "BN-7731" not in repr(exchange)


def test_threads_share_a_session(session: requests.Session) -> None:
    def handler(visit: Visit) -> None:
        while True:
            number = visit.request().split(b"reference_code=")[1].split(b" ")[0].decode()
            row = {"reference_code": number, "order_id": number[3:]}
            visit.say(answer(told(code=200, data=[row])))

    def found(number: int) -> str:
        exchange = sent(session, server.url, easyecom.find_order(f"BN-{number}"))
        assert isinstance(exchange.outcome, Done)
        return str(exchange.outcome.reply.orders[0].order_id)

    with serving(handler) as server:
        before = threading.active_count()
        with ThreadPoolExecutor(8) as pool:
            ids = list(pool.map(found, range(1, 65)))
        assert ids == [str(number) for number in range(1, 65)]
        session.close()
        assert threading.active_count() <= before + server.connections


def test_one_slow_call_does_not_shorten_another(session: requests.Session) -> None:
    """The deadline belongs to the exchange and not to the session or the connection."""

    def handler(visit: Visit) -> None:
        first = visit.request()
        if b"reference_code" in first:
            visit.drip(b"")
        visit.say(answer(CREATED))

    with serving(handler) as server, ThreadPoolExecutor(1) as pool:
        started = monotonic()
        slow = pool.submit(sent, session, server.url, FIND, timeout=0.25)
        assert isinstance(sent(session, server.url, timeout=10.0).outcome, Done)
        assert isinstance(slow.result().outcome, OutcomeUnknown)
    assert monotonic() - started < 8


@responses.activate
def test_a_stand_in_adapter_is_understood(session: requests.Session) -> None:
    responses.post("https://api.easyecom.io/Carrier/assignAWB", body=body("awb_assigned"))
    exchange = sent(session, "https://api.easyecom.io", AWB)
    assert (exchange.outcome, exchange.status) == (Done(AwbAssigned()), 200)
    assert responses.calls[0].request.body == (
        b'{"invoiceId":"733000333","courier":"Delhivery","awbNum":"5512","companyCarrierId":7301}'
    )


@responses.activate
@pytest.mark.parametrize(
    "failure",
    [requests.ReadTimeout("canary"), requests.ConnectionError("canary"), OSError("canary")],
)
def test_a_failure_without_proof_is_doubt(session: requests.Session, failure: Exception) -> None:
    responses.post("https://api.easyecom.io/Carrier/assignAWB", body=failure)
    exchange = sent(session, "https://api.easyecom.io", AWB)
    assert isinstance(exchange.outcome, OutcomeUnknown)
    assert "canary" not in exchange.outcome.reason


def test_a_worker_that_is_told_to_end_is_not_held(session: requests.Session) -> None:
    """SystemExit is how the queue stops a task: it has to go through."""

    def ended(request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        raise SystemExit

    with responses.RequestsMock() as mock:
        mock.add_callback("POST", "https://api.easyecom.io/Carrier/assignAWB", ended)
        with pytest.raises(SystemExit):
            sent(session, "https://api.easyecom.io", AWB)
