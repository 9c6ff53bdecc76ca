"""Touchpoint 1, log-in, and what opens the other touchpoints: a token, an API key, an allowance."""

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integration.sandbox import indian_time
from integration.sandbox.entities import Account, Location, Token
from integration.sandbox.replies import Reply, as_json, turned_away
from integration.sandbox.world import World


def log_in(world: World, body: Mapping[str, Any], api_key: str) -> Reply:
    account = world.accounts.get(str(body.get("email")))
    if account is None or account.password != body.get("password"):
        return _unknown(world, "Invalid user credentials provided")
    if refusal := refuse_api_key(world, account, api_key):
        return refusal
    if refusal := refuse_hurry(world, account):
        return refusal
    location = account.locations.get(str(body.get("location_key")))
    if location is None:
        return _unknown(world, "Invalid location key provided")
    now = time.monotonic()
    last = location.logged_in_at
    if last is not None and now - last < world.switches.cool_down_seconds:
        return turned_away(403, "Token already generated, please try again after some time")
    return _issue(world, location, now)


def _unknown(world: World, message: str) -> Reply:
    """The status is not known, 200 or 401: docs/easyecom-contract.md#wrong-credentials."""
    status = world.switches.wrong_credentials_status
    code = 400 if status == 200 else status
    return as_json({"code": code, "message": message, "data": []}, status)


def _issue(world: World, location: Location, now: float) -> Reply:
    switches = world.switches
    if switches.new_token_ends_old:
        revoke(world, location.location_key)
    token = _jwt_like(location.location_key, switches.token_seconds)
    world.tokens[token] = Token(location, now + switches.token_seconds)
    location.logged_in_at = now
    inner: dict[str, Any] = {"jwt_token": token}
    if switches.send_expires_in:
        inner |= {"token_type": "bearer", "expires_in": int(switches.token_seconds)}
    data = {
        "companyname": location.name,
        "userName": "Sandbox API user",
        "time_zone": "Asia/Kolkata",
        "token": inner,
    }
    return as_json({"data": data, "message": None}).having_committed()


def _jwt_like(location_key: str, seconds: float) -> str:
    """Three dotted parts as a JWT has; the last is random, so no two are the same."""
    issued = int(time.time())
    claims = {"loc": location_key, "iat": issued, "exp": issued + int(seconds)}
    parts = [
        _base64(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "HS256"}, claims)
    ]
    return ".".join([*parts, secrets.token_urlsafe(32)])


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def holder(world: World, token: str) -> Location | None:
    """The location that a token opens, unless it has ended."""
    known = world.tokens.get(token)
    if known is None or known.ends_at <= time.monotonic():
        return None
    return known.location


def owner(world: World, token: str) -> Location | None:
    """The location that a token was made for, ended or not."""
    known = world.tokens.get(token)
    return known.location if known else None


def revoke(world: World, location_key: str) -> int:
    """End a location's tokens now. They stay known, so that the ledger can tell whose they were."""
    ended = 0
    for text, token in world.tokens.items():
        if token.location.location_key == location_key and token.ends_at > time.monotonic():
            world.tokens[text] = replace(token, ends_at=0.0)
            ended += 1
    return ended


def refuse_api_key(world: World, account: Account, api_key: str) -> Reply | None:
    """A wrong key is refused always, a missing one where the switch asks for it."""
    if not account.x_api_key or api_key == account.x_api_key:
        return None
    if api_key or world.switches.x_api_key_required:
        return turned_away(401, "Invalid or missing x-api-key")
    return None


def refuse_hurry(world: World, account: Account) -> Reply | None:
    """What goes beyond the account's calls a second, or beyond those of the Indian day."""
    if refusal := _refuse_rate(world, account):
        return refusal
    today = indian_time.now().date()
    if account.used_on != today:
        account.used, account.used_on = 0, today
    if account.daily_quota is not None and account.used >= account.daily_quota:
        return turned_away(429, "Limit Exceeded")
    account.used += 1
    return None


def _refuse_rate(world: World, account: Account) -> Reply | None:
    """A token bucket per account: ``rate`` a second, ``burst`` at once."""
    if account.rate is None:
        return None
    now = time.monotonic()
    gained = (now - account.allowance_at) * account.rate
    account.allowance = min(float(account.burst), account.allowance + gained)
    account.allowance_at = now
    if account.allowance >= 1:
        account.allowance -= 1
        return None
    reply = turned_away(429, "Too Many Requests")
    if not world.switches.send_retry_after:
        return reply
    seconds = 1 if not account.rate else max(1, round((1 - account.allowance) / account.rate))
    return replace(reply, headers=(("Retry-After", str(seconds)),))
