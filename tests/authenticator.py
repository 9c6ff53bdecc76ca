"""A device that keeps passkeys, and the browser before it: what they answer to the console.

By hand and not by the library under test: https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data
"""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """One passkey at one address. A synced one counts nothing: `counts = False`."""

    origin: str = "http://localhost"
    rp_id: str = "localhost"
    counts: bool = True
    count: int = 0
    flags: int = PRESENT | VERIFIED
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, challenge: str, **changed: Any) -> str:
        """What the browser sends once the passkey is made; `changed` spoils it."""
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        # COSE: EC2, ES256, P-256.
        public_key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = (
            bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + public_key
        )
        data = self.data(self.flags | ATTESTED) + attested
        statement = {"fmt": "none", "attStmt": {}, "authData": data}
        response = {
            "clientDataJSON": encoded(self.client_data("webauthn.create", challenge)),
            "attestationObject": encoded(cbor2.dumps(statement)),
            "transports": ["internal", "hybrid", "something-new"],
        }
        return self.sent(response | changed)

    def use(self, challenge: str, **changed: Any) -> str:
        """What the browser sends once the passkey has answered; `changed` spoils it."""
        self.count += self.counts
        data, client_data = self.data(self.flags), self.client_data("webauthn.get", challenge)
        signature = self.key.sign(data + sha256(client_data).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": encoded(client_data),
            "authenticatorData": encoded(data),
            "signature": encoded(signature),
        }
        return self.sent(response | changed)

    def data(self, flags: int) -> bytes:
        return sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def sent(self, response: dict[str, Any]) -> str:
        name = encoded(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
