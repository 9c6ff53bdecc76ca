"""The door of the log-in: hashing a password is dear, so few do it at once, and nobody without end.

Browsers in which somebody logged in before have turns of their own, so that a flood of strangers
keeps no staff out (the device cookie of
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core import signing
from django.db import connection
from django.http import HttpRequest, HttpResponse
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

AT_ONCE = 2
PER_ADDRESS = RateLimitItemPerMinute(60)
IN_ALL = RateLimitItemPerMinute(240)
COOKIE = "booon_browser"
KNOWN_FOR = timedelta(days=90)

strangers, known = (threading.BoundedSemaphore(AT_ONCE) for _ in range(2))
# In each web process by itself: what they guard is that process's own time.
limiter = MovingWindowRateLimiter(MemoryStorage())


class Busy(Exception):
    """Nobody may try just now."""


class LogInForm(AdminAuthenticationForm):
    def clean_username(self) -> str:
        """Longer than any user name is none, and nothing that a table has to hold."""
        name: str = self.cleaned_data["username"]
        longest = User._meta.get_field("username").max_length or 0
        if len(name) > longest:
            raise self.get_invalid_login_error()
        return name


class LogInBackend(ModelBackend):
    """Holds no database connection while a password is hashed."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        if username is None or password is None:
            return None
        user = User.objects.filter(username=username).first()
        let_connection_go()
        if user is None:
            # As long as it takes where there is one.
            User().set_password(password)
            return None
        is_right = user.check_password(password) and self.user_can_authenticate(user)
        return user if is_right else None


def let_connection_go() -> None:
    """None is held while something is hashed; the next query takes one again."""
    if not connection.in_atomic_block:
        connection.close()


@contextmanager
def turn(request: HttpRequest) -> Iterator[None]:
    """One try to log in. Raises Busy."""
    is_known = was_here_before(request)
    if not is_known and not has_tries_left(request):
        raise Busy
    turns = known if is_known else strangers
    # Whoever knows the browser waits a moment; strangers are many.
    if not turns.acquire(timeout=5 if is_known else 0):
        raise Busy
    try:
        yield
    finally:
        turns.release()


def has_tries_left(request: HttpRequest) -> bool:
    in_all = limiter.hit(IN_ALL)
    return limiter.hit(PER_ADDRESS, client_address(request)) and in_all


def client_address(request: HttpRequest) -> str:
    """Whom to count by, as the outermost of our own proxies saw it. Kept with sessions only."""
    heard = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    told = heard[-settings.PROXIES] if 0 < settings.PROXIES <= len(heard) else ""
    try:
        address = ip_address(told or request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return ""
    # Whoever has one address of IPv6 has as many as they like of its network.
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def was_here_before(request: HttpRequest) -> bool:
    """Whether this user name logged in with this browser before."""
    try:
        name = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=KNOWN_FOR)
    except signing.BadSignature:
        return False
    return bool(name == request.POST.get("username"))


def remember_browser(request: HttpRequest, response: HttpResponse) -> None:
    response.set_cookie(
        COOKIE,
        signing.dumps(request.user.get_username(), salt=COOKIE),
        max_age=KNOWN_FOR,
        path="/admin/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
