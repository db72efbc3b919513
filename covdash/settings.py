"""All settings, from the environment only; each variable is explained in `docs/configuration.md`.

Without any variable set, everything is found in the data home that `manage.py up` keeps.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from covdash import env, logs, stores
from covdash.runner.ground import is_loopback
from covdash.runner.home import from_environment, running_url
from covdash.runner.processes import LOOPBACK

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = from_environment()

# --- The address ----------------------------------------------------------------------------------------------------
COVDASH_URL = str(
    env.url("COVDASH_URL", running_url(HOME) or "http://127.0.0.1:8000", schemes=("http", "https"))
)
ADDRESS = urlsplit(COVDASH_URL)
HTTPS = ADDRESS.scheme == "https"
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
LOOPBACK_ONLY = is_loopback(ADDRESS.hostname or "")
ALLOWED_HOSTS = [ADDRESS.hostname or "localhost", *_LOOPBACK, *env.words("COVDASH_ALLOWED_HOSTS")]
CSRF_TRUSTED_ORIGINS = [f"{ADDRESS.scheme}://{ADDRESS.netloc}"]
TRUSTED_PROXIES = list(env.words("COVDASH_TRUSTED_PROXIES", LOOPBACK))
DEBUG = env.switch("COVDASH_DEBUG", default=False)

# --- Secrets: lists, the first is in use, the rest are still accepted ------------------------------------------------


def _keys(name: str, file_name: str) -> list[env.Secret]:
    return [
        env.Secret(key.strip())
        for key in env.secret(name, stored=HOME.secrets / file_name).split(",")
        if key.strip()
    ]


_secret_keys = _keys("COVDASH_SECRET_KEY", "secret_key")
COVDASH_TOKEN_PEPPERS = _keys("COVDASH_TOKEN_PEPPER", "token_pepper")
# Empty when nothing is configured: Django then refuses to sign, and checks.py says what to do.
SECRET_KEY = _secret_keys[0] if _secret_keys else env.Secret("")
SECRET_KEY_FALLBACKS = _secret_keys[1:]
COVDASH_TOKEN_PEPPER = COVDASH_TOKEN_PEPPERS[0] if COVDASH_TOKEN_PEPPERS else env.Secret("")

# --- The rooms ------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "covdash.accounts",
    "covdash.audit",
    "covdash.projects",
    "covdash.sources",
    "covdash.reports",
    "covdash.dashboards",
    "covdash.api",
    "covdash.runner",
    "covdash.demo",
    "ingest",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "csp",
]
MIDDLEWARE = [
    "covdash.headers.RequestId",
    "covdash.signs.Slowness",
    "covdash.proxies.ClientAddress",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "covdash.headers.SecurityHeaders",
    "covdash.headers.NoNul",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "covdash.headers.SameSiteWrites",
    "covdash.headers.OwnWrites",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "covdash.accounts.sessions.SessionAge",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "covdash.urls"
WSGI_APPLICATION = "covdash.wsgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "covdash.templating.Templates",
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
    {
        # Dense fragments: source lines, long tables. Autoescape is on by default in Django's backend.
        "NAME": "jinja2",
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "jinja2"],
        "APP_DIRS": False,
        "OPTIONS": {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True},
    },
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

# --- PostgreSQL and the object store ---------------------------------------------------------------------
# `web` and `worker` set this for themselves; a command such as migrate has no statement limit.
PROCESS = env.text("COVDASH_PROCESS", "command")
EMBEDDED_POSTGRES = stores.is_embedded("DATABASE_URL")
DATABASES = {"default": stores.database(HOME, PROCESS)}
OBJECTS_ROOT = Path(env.text("COVDASH_OBJECTS") or HOME.objects)

# --- Redis or Valkey: a doorbell and a cache, never the truth -------------------------------------------------------
REDIS_URL = str(
    env.url(
        "REDIS_URL",
        f"redis+socket://{HOME.valkey_socket}",
        schemes=("redis", "rediss", "redis+socket", "unix"),
    )
)
EMBEDDED_VALKEY = stores.is_embedded("REDIS_URL")
# redis-py says unix:// and `db`, kombu says redis+socket:// and `virtual_host`.
_CACHE_URL = REDIS_URL.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
CACHES = {
    "default": {
        "BACKEND": "covdash.cache.FallbackCache",
        "LOCATION": _CACHE_URL,
        "KEY_PREFIX": "covdash",
        "OPTIONS": {"socket_timeout": 0.2, "socket_connect_timeout": 0.2},
    },
}
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("db=", "virtual_host=")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# task limit 240 < lease 300 (in the row) < visibility 900: a task is never delivered again while it may still run.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    # By default kombu looks for lost messages only every 100 s.
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    # A frozen broker must not hold a request: 2 s, not more than 40 s.
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
    "max_retries": 1,
}
CELERY_TASK_PUBLISH_RETRY = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.2,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_TASK_TIME_LIMIT = 240
CELERY_TASK_SOFT_TIME_LIMIT = 210
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "covdash"
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Rooms name their periodic tasks here by string, so that nothing is imported.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep": {"task": "ingest.tasks.sweep", "schedule": 15.0, "options": {"expires": 15}},
    "rules": {"task": "ingest.tasks.sweep_rules", "schedule": 300.0, "options": {"expires": 300}},
    # Each hour it rings for the projects that were not swept for a day, so that no hour of the night has to be met.
    "retention": {
        "task": "covdash.reports.tasks.sweep_due",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
}

# --- Files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("COVDASH_STATIC_ROOT") or HOME.static)
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "covdash.runner.static_files.UsedAppFiles",
]
STATICFILES_DIRS = [BASE_DIR / "static"]
SPOOL_ROOT = Path(env.text("COVDASH_SPOOL") or HOME.spool)


STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "covdash.runner.static_files.StaticStorage"},
    "objects": stores.objects(OBJECTS_ROOT),
}

# --- People ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "covdash.accounts.passwords.MaximumLength"},
    {"NAME": "covdash.accounts.passwords.NoProductWords"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "covdash.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "covdash.accounts.forms.SignInForm"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_RATE_LIMITS = {"login": "20/5m/ip", "login_failed": "20/5m/ip,5/5m/key"}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_NAME = "__Host-covdash" if HTTPS else "covdash"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_USE_SESSIONS = True
CSRF_COOKIE_SECURE = HTTPS

# --- Headers --------------------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
X_FRAME_OPTIONS = "DENY"
# Sub-domains, preloading and the redirect to https are the operator's choice, made in the proxy that holds the
# certificate; on a loopback address there is no https at all.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
if not HTTPS:
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W012"]  # covdash.W001 says it in one sentence
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
    | ({"upgrade-insecure-requests": True} if HTTPS else {}),
}

# --- API ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["covdash.rendering.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "covdash.problems.answer",
    "URL_FORMAT_OVERRIDE": None,  # `format` is the format of a report here
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "covdash",
    "DESCRIPTION": "Upload coverage reports, read what they say.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- Limits ---------------------------------------------------------------------------------------------------------
COVDASH_MAX_UPLOAD_BYTES = env.integer("COVDASH_MAX_UPLOAD_BYTES", 100 * 1024**2, minimum=1)
COVDASH_MAX_UNPACKED_BYTES = env.integer("COVDASH_MAX_UNPACKED_BYTES", 1024**3, minimum=1)
COVDASH_MAX_RATIO = env.integer("COVDASH_MAX_RATIO", 100, minimum=1)
COVDASH_UNKNOWN_PROJECTS = env.choice("COVDASH_UNKNOWN_PROJECTS", "refuse", among=("refuse", "create"))
COVDASH_UPLOADS_PER_MINUTE = env.integer("COVDASH_UPLOADS_PER_MINUTE", 600, minimum=1)

# What is kept where a project says nothing, in days; 0 is for ever.
COVDASH_KEEP_RAW_DAYS = env.integer("COVDASH_KEEP_RAW_DAYS", 90)
COVDASH_KEEP_BRANCH_DAYS = env.integer("COVDASH_KEEP_BRANCH_DAYS", 0)
COVDASH_KEEP_COMMIT_DAYS = env.integer("COVDASH_KEEP_COMMIT_DAYS", 0)

# A function that returns version and SHA-256 of the program at /upload.py, by name, so that pages import nothing of the pipe.
UPLOADER_RELEASE = "ingest.downloads.release"

# --- Logs -----------------------------------------------------------------------------------------------------------
LOG_LEVEL = env.choice(
    "COVDASH_LOG_LEVEL",
    "INFO",
    among=("DEBUG", "INFO", "WARNING", "ERROR", "debug", "info", "warning", "error"),
).upper()
LOGGING = logs.configuration(LOG_LEVEL, env.choice("COVDASH_LOG_FORMAT", "line", among=("line", "json")))
