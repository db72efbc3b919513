"""How logs are written: one line or one JSON object per event, without secrets.

Redaction happens twice: by the name of a field, and by pattern over the finished line, whoever wrote it.
"""

from __future__ import annotations

import json
import logging
import re
import time
from contextvars import ContextVar
from typing import Any

HIDDEN = "[hidden]"
REQUEST: ContextVar[str] = ContextVar("covdash_request", default="")
"""The id of the request that this thread answers: every line that is written meanwhile carries it, and so does the answer."""
_SECRET_NAMES = re.compile(
    r"authorization|cookie|token|secret|passw|signature|raw_upload_location|pepper|api[-_]?key", re.IGNORECASE
)
_SECRET_SHAPES = (
    re.compile(r"cvd[a-z]*_[A-Za-z0-9]{16,}"),  # tokens of covdash
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),  # JSON web tokens
    re.compile(
        r"\b(?:gh[opsur]|github_pat)_[A-Za-z0-9_]{16,}|\bglpat-[A-Za-z0-9_-]{16,}"
    ),  # tokens of forges
    re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"),  # user:password@ in an address
    re.compile(r"(?i)\b(?:bearer|basic|token)\s+[A-Za-z0-9._~+/=-]{12,}"),  # an Authorization header
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
)
# What every record carries; anything else was given as `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_BELLS = ("celery.worker.strategy", "celery.app.trace")
# Objects, not facts.
_OBJECTS = frozenset({"request", "data"})


def redact(text: str) -> str:
    """Return `text` with everything that looks like a secret replaced."""
    for shape in _SECRET_SHAPES:
        text = shape.sub(HIDDEN, text)
    return text


class Line(logging.Formatter):
    """One line for a person: time, level, logger, message, then the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the finished text."""
        fields = "".join(f" {name}={value}" for name, value in fields_of(record).items())
        return redact(super().format(record) + fields)


class Json(logging.Formatter):
    """One JSON object for a machine; text of users stands in fields only, so nothing can forge an event."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the finished text."""
        event: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **fields_of(record),
        }
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return redact(json.dumps(event, default=str, ensure_ascii=False))


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return what was given as `extra`, secrets hidden by the name of the field, and the id of the request."""
    asked = {"request_id": number} if (number := REQUEST.get()) else {}
    given = {name: value for name, value in vars(record).items() if name not in _OWN and name not in _OBJECTS}
    return asked | {name: HIDDEN if _SECRET_NAMES.search(name) else value for name, value in given.items()}


def configuration(level: str, style: str) -> dict[str, Any]:
    """Return the `LOGGING` setting: everything to the standard error, `style` is `line` or `json`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": Line, "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
            "json": {"()": Json},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": style}},
        "root": {"handlers": ["console"], "level": level},
        # Django would add a handler of its own.
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # Celery tells of every bell and every sweep; what became of an upload is told by `ingest.process`.
            **({} if level == "DEBUG" else {name: {"level": "WARNING"} for name in _BELLS}),
        },
    }
