import ipaddress
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from integration import easyecom
from integration.easyecom import AwbAssigned, Done, NotSent, OutcomeUnknown
from tests.integration.easyecom.bodies import body
from tests.integration.easyecom.test_transport import AWB, sent
from tests.integration.easyecom.wire_server import Visit, answer, serving


def certificate(folder: Path, address: str) -> Path:
    """A self-signed certificate and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stand-in")])
    places = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(places, critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / f"{address}.pem"
    file.write_bytes(secret + signed.public_bytes(serialization.Encoding.PEM))
    return file


def over_tls(file: Path, handler: Callable[[Visit], None]) -> Callable[[Visit], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)

    def handle(visit: Visit) -> None:
        with context.wrap_socket(visit.sock, server_side=True) as secure:
            handler(Visit(secure, visit.over))

    return handle


@pytest.fixture
def trusted(tmp_path: Path) -> Path:
    return certificate(tmp_path, "127.0.0.1")


@pytest.fixture
def session(trusted: Path) -> Iterator[requests.Session]:
    with easyecom.make_session() as made:
        made.verify = str(trusted)
        yield made


def secured(url: str) -> str:
    return url.replace("http://", "https://")


def test_calls_go_over_tls_and_reuse_the_connection(
    session: requests.Session, trusted: Path
) -> None:
    def handler(visit: Visit) -> None:
        while True:
            visit.request()
            visit.say(answer(body("awb_assigned")))

    with serving(over_tls(trusted, handler)) as server:
        outcomes = [sent(session, secured(server.url), AWB).outcome for _ in range(3)]
        assert (outcomes, server.connections) == ([Done(AwbAssigned())] * 3, 1)
        session.close()


@pytest.mark.parametrize("verify", [True, False])
def test_an_untrusted_certificate_gets_no_request(trusted: Path, verify: bool) -> None:
    handler = over_tls(trusted, lambda visit: visit.say(answer(body("awb_assigned"))))
    with easyecom.make_session() as session, serving(handler) as server:
        session.verify = verify
        exchange = sent(session, secured(server.url), AWB)
    assert exchange.outcome == NotSent(
        "POST /Carrier/assignAWB stopped because the connection failed, while agreeing on TLS"
    )


def test_a_certificate_of_another_host_gets_no_request(
    session: requests.Session, tmp_path: Path
) -> None:
    foreign = certificate(tmp_path, "127.0.0.2")
    session.verify = str(foreign)
    handler = over_tls(foreign, lambda visit: visit.say(answer(body("awb_assigned"))))
    with serving(handler) as server:
        assert isinstance(sent(session, secured(server.url), AWB).outcome, NotSent)


@pytest.mark.parametrize(
    "beginning", [b"HTTP/1.1 200 OK\r\nX-Drip: ", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"]
)
def test_a_drip_over_tls_is_cut_at_the_deadline(
    session: requests.Session, trusted: Path, beginning: bytes
) -> None:
    def handler(visit: Visit) -> None:
        visit.request()
        visit.say(beginning)
        visit.drip(b"x")

    with serving(over_tls(trusted, handler)) as server:
        exchange = sent(session, secured(server.url), AWB, timeout=0.25)
    assert isinstance(exchange.outcome, OutcomeUnknown)
    assert 240 <= exchange.elapsed_ms < 8000
