"""Where PostgreSQL and the object store are, as Django settings made from the environment. No connection is made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from covdash import env
from covdash.runner.home import DATABASE, Home

# Seconds a statement may take, by process. Every wait is bounded; only a command such as migrate takes its time.
STATEMENT_SECONDS = {"web": 10, "worker": 120}


def is_embedded(variable: str) -> bool:
    """Whether the store is the one in the data home, since its variable names no other."""
    return not env.secret(variable)


def database(home: Home, process: str) -> dict[str, Any]:
    """Return the entry of `DATABASES`: DATABASE_URL, or the socket in the data home."""
    address = env.url("DATABASE_URL", "", schemes=("postgres", "postgresql"))
    limits = {"lock_timeout": "5s", "idle_in_transaction_session_timeout": "60s", "timezone": "UTC"}
    if process in STATEMENT_SECONDS:
        limits["statement_timeout"] = f"{STATEMENT_SECONDS[process]}s"
    options: dict[str, Any] = {
        "connect_timeout": 3,
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        "application_name": f"covdash-{process}",
    }
    entry: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": DATABASE,
        "USER": DATABASE,
        "PASSWORD": "",
        "HOST": str(home.postgres),
        "PORT": "",
        "CONN_MAX_AGE": 0,
        "OPTIONS": options,
    }
    if address:
        parts = urlsplit(address)
        entry |= {
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": env.Secret(unquote(parts.password or "")),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
        }
        options |= {
            "keepalives": 1,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        }
        # `?sslmode=require`, `?host=/run/postgresql` and whatever else libpq knows.
        options |= dict(parse_qsl(parts.query))
    if process == "web":
        threads = env.integer("COVDASH_WEB_THREADS", 8, minimum=1)
        # After 5 s without success an attempt is given up and the next request makes a new one: the pool's own pauses
        # double, and would keep it away long after the database is back.
        options["pool"] = {"min_size": 1, "max_size": threads + 2, "timeout": 3, "reconnect_timeout": 5}
        # A connection that died with the server must not cost a request.
        entry["CONN_HEALTH_CHECKS"] = True
    elif process == "worker":
        entry["CONN_MAX_AGE"] = 60
        entry["CONN_HEALTH_CHECKS"] = True
    return entry


def objects(root: Path) -> dict[str, Any]:
    """Return the entry of `STORAGES` for objects: the bucket COVDASH_S3_BUCKET, or files below `root`."""
    bucket = env.text("COVDASH_S3_BUCKET")
    if not bucket:
        # 0600 and 0700: raw uploads and sources of private projects.
        options: dict[str, Any] = {
            "location": root,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        }
        return {"BACKEND": "covdash.storage.DurableFileSystemStorage", "OPTIONS": options}
    options = {
        "bucket_name": bucket,
        "endpoint_url": env.text("COVDASH_S3_ENDPOINT") or None,
        "region_name": env.text("COVDASH_S3_REGION") or None,
        "access_key": env.secret("COVDASH_S3_ACCESS_KEY") or None,
        "secret_key": env.secret("COVDASH_S3_SECRET_KEY") or None,
        "location": env.text("COVDASH_S3_PREFIX"),
        "addressing_style": env.text("COVDASH_S3_ADDRESSING", "auto"),
        "file_overwrite": True,
        "querystring_auth": True,
        "default_acl": None,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
