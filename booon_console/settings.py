"""Every setting comes from the environment; docs/settings.md lists them."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from booon_console import environment
from booon_console.environment import (
    database,
    easyecom_base_url,
    env,
    from_url,
    http_address,
    refused,
    required,
    typed,
    webhook_secret,
)
from booon_console.lib import webhook_settings
from booon_console.lib.typed import FLAG, SECONDS, comma_separated, number, one_of, whole
from booon_console.logs import logging_config

BASE_DIR = environment.BASE_DIR
DEBUG = environment.DEBUG

# Who may talk to it, and how it calls itself ------------------------------------------------

SECRET_KEY = required("SECRET_KEY", "only-for-debugging-" + "x" * 40)
FIELD_KEYS = comma_separated(required("FIELD_KEYS", "b25seS1mb3ItZGVidWdnaW5nLW5ldmVyLWluLXByb2Q="))
try:
    [Fernet(key) for key in FIELD_KEYS]
except ValueError:
    raise ImproperlyConfigured("FIELD_KEYS must be Fernet keys, comma-separated.") from None
ALLOWED_HOSTS = comma_separated(required("ALLOWED_HOSTS", "127.0.0.1,localhost"))
PUBLIC_URL = http_address("PUBLIC_URL", "http://127.0.0.1:8000")

# A database is bound to the environment it was made for: a copy of it elsewhere is held.
BOOON_ENVIRONMENT = env.str("BOOON_ENVIRONMENT", default="development" if DEBUG else "production")
if not BOOON_ENVIRONMENT.strip() or len(BOOON_ENVIRONMENT) > 64:
    raise refused("BOOON_ENVIRONMENT", "a name of at most 64 characters", BOOON_ENVIRONMENT)

IS_HTTPS = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
# In the look of whoever's page it was: staff's or a seller's.
CSRF_FAILURE_VIEW = "integration.seller_link.door.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
# TLS ends at the proxy, which must set this header itself (docs/operations.md).
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SIGNED_COOKIE_LEGACY_SALT_FALLBACK = False
# Our own proxies in front that add to X-Forwarded-For: log-ins are counted by address.
PROXIES = typed("PROXIES", 0, whole(least=0))
SESSION_ENGINE = "sellers.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_SECONDS = 30 * 60
# Whether staff log in with a code of an authenticator app or a passkey too.
STAFF_MFA = typed("STAFF_MFA", not DEBUG, FLAG)
X_FRAME_OPTIONS = "DENY"
# No page of ours needs anything inline, or from elsewhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

# Each with its reason, so that `check --deploy` is silent where all is right.
SILENCED_SYSTEM_CHECKS = [
    # Other hosts under this name are not ours to bind to https, nor is the browsers' own list.
    "security.W005",
    "security.W021",
    # TLS ends at the proxy, and so does http: health is asked by http behind it.
    "security.W008",
]

# Parts --------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "booon_console.apps.ConsoleAdminConfig",
    # Before Django's own, whose commands it wraps.
    "integration.management.staff",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "django_htmx",
    "django_q",
    "django_structlog",
    "sellers",
    "integration",
]

MIDDLEWARE = [
    "integration.monitoring.metrics.page.MetricsMiddleware",
    "integration.monitoring.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "booon_console.bulkhead.BulkheadMiddleware",
    "booon_console.request_log.RequestLogMiddleware",
    "integration.webhooks.middleware.WebhookMiddleware",
    "booon_console.page_policy.PagePolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "booon_console.access.PatienceMiddleware",
    "booon_console.access.SecondStepMiddleware",
    "booon_console.access.GivenPasswordMiddleware",
]

ROOT_URLCONF = "booon_console.urls"
WSGI_APPLICATION = "booon_console.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The API and the webhooks answer with and without the slash by themselves.
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Where a log-in leads that came with an address elsewhere, or with none.
LOGIN_REDIRECT_URL = "admin:index"
AUTHENTICATION_BACKENDS = ["booon_console.log_in.LogInBackend"]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# The admin speaks English alone; a seller's link also what stands here.
LANGUAGE_CODE = "en-in"
LOCALE_PATHS = [BASE_DIR / "integration" / "seller_link" / "locale"]
TIME_ZONE = "Asia/Kolkata"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "booon_console" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Database -----------------------------------------------------------------------------------


DATABASES = {"default": database()}
# What the workers remember of the database, outside it. One file for each database, so that a
# developer's don't get in each other's way.
STATE_FILE = required(
    "STATE_FILE", str(BASE_DIR / ".state" / f"{Path(str(DATABASES['default']['NAME'])).name}.json")
)

# The API ------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["integration.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["integration.api.authentication.HasApiKey"],
    "DEFAULT_PARSER_CLASSES": ["integration.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "integration.api.schema.Described",
    "EXCEPTION_HANDLER": "integration.api.errors.exception_handler",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "integration.api.parsers.AlwaysJSON",
    "UNAUTHENTICATED_USER": None,
    "LIST_SERIALIZER_ERRORS_AS_DICT": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Booon console",
    "DESCRIPTION": (
        "Orders to sellers' EasyEcom accounts; stock and shipments back.\n\n"
        "**To begin**: staff make an API key under *API keys* (or `manage.py create_api_key`); "
        "it goes into `Authorization: Bearer …`. `GET /api/v1/sellers/` names the sellers' codes "
        "and location keys, `GET /api/v1/products/?seller=…` their SKUs. With these in the place "
        "of the example's, `POST …/orders/{order_number}/validate/` says whether an order is "
        "right without giving it, and `PUT …/orders/{order_number}/` gives it. All of it in "
        "words: docs/api.md."
    ),
    "VERSION": "1",
    "SERVERS": [
        {"url": "/", "description": "The console that serves this description"},
        {
            "url": "http://127.0.0.1:8000",
            "description": "`make demo` or `make run`, on your machine",
        },
    ],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "integration.api.schema.add_headers",
    ],
    # One enum for both uses of an account's calls.
    "ENUM_NAME_OVERRIDES": {"Going": ["normal", "slowed", "stopped"]},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# An upload is a file of orders, of 5 MB; what is larger is read past and kept nowhere.
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024 + 64 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# EasyEcom -----------------------------------------------------------------------------------


EASYECOM_BASE_URL = easyecom_base_url()
EASYECOM_CARRIER_ID = typed("EASYECOM_CARRIER_ID", 0, whole(least=0))
EASYECOM_CARRIER_USERNAME = env.str("EASYECOM_CARRIER_USERNAME", default="")
EASYECOM_CARRIER_PASSWORD = env.str("EASYECOM_CARRIER_PASSWORD", default="")
EASYECOM_MARKETPLACE_ID = typed("EASYECOM_MARKETPLACE_ID", 10, whole())
EASYECOM_MARKET_SHIPPED = typed("EASYECOM_MARKET_SHIPPED", 1, whole())
EASYECOM_TIMEOUT = typed("EASYECOM_TIMEOUT", 20.0, number("seconds", above=0, most=30))
EASYECOM_IN_FLIGHT = typed("EASYECOM_IN_FLIGHT", 64, whole(least=1))
POLLING_SHARE = typed("POLLING_SHARE", 0.15, number("parts of 1", above=0, most=1))
UNKNOWN_ORDER_POLICY = typed("UNKNOWN_ORDER_POLICY", "hold", one_of("hold", "resend"))
IN_DOUBT_DELAYS = typed("IN_DOUBT_DELAYS", [60.0, 300, 900], SECONDS)
RETRY_DELAYS = typed("RETRY_DELAYS", [5.0, 15, 60, 300, 900, 3600], SECONDS)
AWB_LIMIT_HOURS = typed("AWB_LIMIT_HOURS", 24.0, number("hours", above=0))
MANIFEST_LIMIT_HOURS = typed("MANIFEST_LIMIT_HOURS", 24.0, number("hours", above=0))
STOCK_READ_HOURS = typed("STOCK_READ_HOURS", 24.0, number("hours", above=0))
STOCK_DRIFT_POLICY = typed("STOCK_DRIFT_POLICY", "mend", one_of("mend", "report"))
SYNC_LEASE = typed("SYNC_LEASE", 90.0, number("seconds", least=1))

# Booon's own side ---------------------------------------------------------------------------

BOOON_WEBHOOK_URL = env.str("BOOON_WEBHOOK_URL", default="").strip()
if BOOON_WEBHOOK_URL and not webhook_settings.is_receiver(BOOON_WEBHOOK_URL, is_debug=DEBUG):
    raise ImproperlyConfigured(
        "BOOON_WEBHOOK_URL must be https (http only on loopback), without log-in or fragment."
    )


BOOON_WEBHOOK_SECRET = webhook_secret("BOOON_WEBHOOK_SECRET")
# Signs too, until the receiver knows the new one.
BOOON_WEBHOOK_SECRET_OLD = webhook_secret("BOOON_WEBHOOK_SECRET_OLD")
if BOOON_WEBHOOK_URL and not BOOON_WEBHOOK_SECRET:
    raise ImproperlyConfigured("Set BOOON_WEBHOOK_SECRET: what Booon is told is signed.")
BOOON_WEBHOOK_TIMEOUT = typed("BOOON_WEBHOOK_TIMEOUT", 15.0, number("seconds", above=0, most=30))
BOOON_WEBHOOK_IN_FLIGHT = typed("BOOON_WEBHOOK_IN_FLIGHT", 8, whole(least=1, most=64))
BOOON_WEBHOOK_DELAYS = typed(
    "BOOON_WEBHOOK_DELAYS", [5.0, 30, 300, 1800, 7200, 18000, 36000], SECONDS
)
BOOON_WEBHOOK_TRIES_FOR = typed(
    "BOOON_WEBHOOK_TRIES_FOR", 3.0 * 24 * 3600, number("seconds", least=0)
)
BOOON_WEBHOOK_PROBE = typed("BOOON_WEBHOOK_PROBE", 30.0, number("seconds", above=0))
CHANGES_KEPT_DAYS = typed("CHANGES_KEPT_DAYS", 30, whole(least=1))
BUYERS_KEPT_DAYS = typed("BUYERS_KEPT_DAYS", 180, whole(least=1))
# 0: keys that don't end; 0: no limit.
API_KEY_DAYS = typed("API_KEY_DAYS", 0, whole(least=0, most=3650))
API_CALLS_PER_MINUTE = typed("API_CALLS_PER_MINUTE", 6000, whole(least=0, most=1_000_000))

# Alerts -------------------------------------------------------------------------------------

ALERT_EMAILS = comma_separated(env.str("ALERT_EMAILS", default=""))
if ALERT_EMAILS and "EMAIL_URL" not in env:
    raise ImproperlyConfigured("Set EMAIL_URL: ALERT_EMAILS are to be mailed.")
vars().update(
    from_url(
        "EMAIL_URL",
        lambda: env.email_url("EMAIL_URL", default="smtp://127.0.0.1"),
        "smtp://, smtp+tls:// or smtp+ssl://user:password@host:port",
    )
)
EMAIL_TIMEOUT = ALERT_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("ALERT_FROM", default=f"booon-console@{urlsplit(PUBLIC_URL).hostname}")
ALERT_WEBHOOK_URL = env.str("ALERT_WEBHOOK_URL", default="").strip()
if ALERT_WEBHOOK_URL and not webhook_settings.is_receiver(ALERT_WEBHOOK_URL, is_debug=False):
    raise ImproperlyConfigured("ALERT_WEBHOOK_URL must be https (http only on loopback).")
ALERT_REMINDER_HOURS = typed("ALERT_REMINDER_HOURS", 24.0, number("hours", above=0))
ALERT_QUEUE_MINUTES = typed("ALERT_QUEUE_MINUTES", 10.0, number("minutes", above=0))
WORKERS_EXPECTED = typed("WORKERS_EXPECTED", 1, whole(least=1))

# Who reads /metrics from elsewhere says it; without one only this host may.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="").strip()
if METRICS_TOKEN and (len(METRICS_TOKEN) < 16 or not METRICS_TOKEN.isascii()):
    raise ImproperlyConfigured("METRICS_TOKEN must have at least 16 ASCII characters.")

# The worker ---------------------------------------------------------------------------------

# Worker hosts that carry orders at the same time are no more than this; `migrate` cuts anew.
OUTBOX_SHARDS = typed("OUTBOX_SHARDS", 16, whole(least=1, most=256))

# docs/decisions/0003-the-clock-chain.md says why each of these is what it is.
Q_CLUSTER: dict[str, Any] = {
    "name": "booon",
    "orm": "default",
    "workers": 6,
    "queue_limit": 6,
    "bulk": 1,
    "timeout": 45,
    "retry": 300,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,
    "catch_up": False,
    "poll": 0.5,
    "guard_cycle": 0.5,
    "label": "Queue",
    "log_level": "WARNING",
}

DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
LOGGING_CONFIG = None
LOG_LEVELS = one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
logging_config(is_json=not DEBUG, level=typed("LOG_LEVEL", "INFO", LOG_LEVELS))
