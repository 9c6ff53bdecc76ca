"""Every setting comes from the environment; docs/settings.md lists them."""

from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from booon_console import environment
from booon_console.environment import (
    comma_separated,
    database,
    easyecom_base_url,
    env,
    from_url,
    required,
    seconds,
    webhook_secret,
)
from booon_console.lib import webhook_settings
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
PUBLIC_URL = required("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
if urlsplit(PUBLIC_URL).scheme not in {"http", "https"} or not urlsplit(PUBLIC_URL).hostname:
    raise ImproperlyConfigured("PUBLIC_URL must be an http or https address.")

# A database is bound to the environment it was made for: a copy of it elsewhere is held.
BOOON_ENVIRONMENT = env.str("BOOON_ENVIRONMENT", default="development" if DEBUG else "production")
if not BOOON_ENVIRONMENT.strip() or len(BOOON_ENVIRONMENT) > 64:
    raise ImproperlyConfigured("BOOON_ENVIRONMENT must be a name of at most 64 characters.")

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
PROXIES = env.int("PROXIES", default=0)
if PROXIES < 0:
    raise ImproperlyConfigured("PROXIES must be 0 or more.")
SESSION_ENGINE = "sellers.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_SECONDS = 30 * 60
# Whether staff log in with a code of an authenticator app too.
STAFF_MFA = env.bool("STAFF_MFA", default=not DEBUG)
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
    "DESCRIPTION": "Orders to sellers' EasyEcom accounts; stock and shipments back.",
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
EASYECOM_CARRIER_ID = env.int("EASYECOM_CARRIER_ID", default=0)
EASYECOM_CARRIER_USERNAME = env.str("EASYECOM_CARRIER_USERNAME", default="")
EASYECOM_CARRIER_PASSWORD = env.str("EASYECOM_CARRIER_PASSWORD", default="")
EASYECOM_MARKETPLACE_ID = env.int("EASYECOM_MARKETPLACE_ID", default=10)
EASYECOM_MARKET_SHIPPED = env.int("EASYECOM_MARKET_SHIPPED", default=1)
EASYECOM_TIMEOUT = env.float("EASYECOM_TIMEOUT", default=20)
EASYECOM_IN_FLIGHT = env.int("EASYECOM_IN_FLIGHT", default=64)
POLLING_SHARE = env.float("POLLING_SHARE", default=0.15)
UNKNOWN_ORDER_POLICY = env.str("UNKNOWN_ORDER_POLICY", default="hold")
IN_DOUBT_DELAYS = seconds("IN_DOUBT_DELAYS", "60,300,900")
RETRY_DELAYS = seconds("RETRY_DELAYS", "5,15,60,300,900,3600")
AWB_LIMIT_HOURS = env.float("AWB_LIMIT_HOURS", default=24)
MANIFEST_LIMIT_HOURS = env.float("MANIFEST_LIMIT_HOURS", default=24)
STOCK_READ_HOURS = env.float("STOCK_READ_HOURS", default=24)
STOCK_DRIFT_POLICY = env.str("STOCK_DRIFT_POLICY", default="mend")
SYNC_LEASE = env.float("SYNC_LEASE", default=90)

if not 0 < EASYECOM_TIMEOUT <= 30:
    raise ImproperlyConfigured("EASYECOM_TIMEOUT must be above 0 and at most 30 seconds.")
if EASYECOM_IN_FLIGHT < 1:
    raise ImproperlyConfigured("EASYECOM_IN_FLIGHT must be at least 1.")
if not 0 < POLLING_SHARE <= 1:
    raise ImproperlyConfigured("POLLING_SHARE must be above 0 and at most 1.")
if UNKNOWN_ORDER_POLICY not in {"hold", "resend"}:
    raise ImproperlyConfigured("UNKNOWN_ORDER_POLICY must be hold or resend.")
if STOCK_DRIFT_POLICY not in {"mend", "report"}:
    raise ImproperlyConfigured("STOCK_DRIFT_POLICY must be mend or report.")
if min(AWB_LIMIT_HOURS, MANIFEST_LIMIT_HOURS, STOCK_READ_HOURS) <= 0:
    raise ImproperlyConfigured(
        "AWB_LIMIT_HOURS, MANIFEST_LIMIT_HOURS and STOCK_READ_HOURS must be above 0."
    )
if SYNC_LEASE < 1:
    raise ImproperlyConfigured("SYNC_LEASE must be at least 1 second.")

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
BOOON_WEBHOOK_TIMEOUT = env.float("BOOON_WEBHOOK_TIMEOUT", default=15)
BOOON_WEBHOOK_IN_FLIGHT = env.int("BOOON_WEBHOOK_IN_FLIGHT", default=8)
BOOON_WEBHOOK_DELAYS = seconds("BOOON_WEBHOOK_DELAYS", "5,30,300,1800,7200,18000,36000")
BOOON_WEBHOOK_TRIES_FOR = env.float("BOOON_WEBHOOK_TRIES_FOR", default=3 * 24 * 3600)
BOOON_WEBHOOK_PROBE = env.float("BOOON_WEBHOOK_PROBE", default=30)
CHANGES_KEPT_DAYS = env.int("CHANGES_KEPT_DAYS", default=30)
BUYERS_KEPT_DAYS = env.int("BUYERS_KEPT_DAYS", default=180)
API_KEY_DAYS = env.int("API_KEY_DAYS", default=0)
API_CALLS_PER_MINUTE = env.int("API_CALLS_PER_MINUTE", default=6000)

if not 0 < BOOON_WEBHOOK_TIMEOUT <= 30:
    raise ImproperlyConfigured("BOOON_WEBHOOK_TIMEOUT must be above 0 and at most 30 seconds.")
if not 1 <= BOOON_WEBHOOK_IN_FLIGHT <= 64:
    raise ImproperlyConfigured("BOOON_WEBHOOK_IN_FLIGHT must be 1 to 64.")
if BOOON_WEBHOOK_TRIES_FOR < 0 or BOOON_WEBHOOK_PROBE <= 0:
    raise ImproperlyConfigured("BOOON_WEBHOOK_TRIES_FOR and …_PROBE must be seconds.")
if CHANGES_KEPT_DAYS < 1:
    raise ImproperlyConfigured("CHANGES_KEPT_DAYS must be at least 1.")
if BUYERS_KEPT_DAYS < 1:
    raise ImproperlyConfigured("BUYERS_KEPT_DAYS must be at least 1.")
if not 0 <= API_KEY_DAYS <= 3650:
    raise ImproperlyConfigured("API_KEY_DAYS must be 0, for keys that don't end, to 3650.")
if not 0 <= API_CALLS_PER_MINUTE <= 1_000_000:
    raise ImproperlyConfigured("API_CALLS_PER_MINUTE must be 0, for no limit, to 1000000.")

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
ALERT_REMINDER_HOURS = env.float("ALERT_REMINDER_HOURS", default=24)
ALERT_QUEUE_MINUTES = env.float("ALERT_QUEUE_MINUTES", default=10)
if min(ALERT_REMINDER_HOURS, ALERT_QUEUE_MINUTES) <= 0:
    raise ImproperlyConfigured("ALERT_REMINDER_HOURS and ALERT_QUEUE_MINUTES must be above 0.")
WORKERS_EXPECTED = env.int("WORKERS_EXPECTED", default=1)
if WORKERS_EXPECTED < 1:
    raise ImproperlyConfigured("WORKERS_EXPECTED must be 1 or more.")

# Who reads /metrics from elsewhere says it; without one only this host may.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="").strip()
if METRICS_TOKEN and (len(METRICS_TOKEN) < 16 or not METRICS_TOKEN.isascii()):
    raise ImproperlyConfigured("METRICS_TOKEN must have at least 16 ASCII characters.")

# The worker ---------------------------------------------------------------------------------

# Worker hosts that carry orders at the same time are no more than this; `migrate` cuts anew.
OUTBOX_SHARDS = env.int("OUTBOX_SHARDS", default=16)
if not 1 <= OUTBOX_SHARDS <= 256:
    raise ImproperlyConfigured("OUTBOX_SHARDS must be 1 to 256.")

# docs/decisions/0003-the-clock-chain.md says why each of these is what it is.
Q_CLUSTER = {
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
logging_config(is_json=not DEBUG, level=env.str("LOG_LEVEL", default="INFO"))
