"""Static files: which are collected, how they are compressed, and whether anything changed since the last time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import brotli
from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder, get_finders
from django.core.files.storage import Storage
from django.core.management import call_command
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

STAMP = ".collected"
# What installed applications bring along and no page of ours uses: most of the bytes and of the time.
UNUSED = ("rest_framework", "redoc")
# 11 takes twenty times as long and saves 5 %.
BROTLI_QUALITY = 8


class UsedAppFiles(AppDirectoriesFinder):
    """Finds the static files of installed applications that a page may ask for."""

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Storage]]:
        """Yield (name, storage) of each file."""
        yield from super().list([*(ignore_patterns or ()), *UNUSED])


class _Compressor(Compressor):  # type: ignore[misc]
    def should_compress(self, filename: str) -> bool:
        # A source map is read by a debugger, if ever, and is the greatest of all.
        return not filename.endswith(".map") and bool(super().should_compress(filename))

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return bytes(brotli.compress(data, quality=BROTLI_QUALITY))


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed names and compressed copies, made in a second rather than a minute."""

    def create_compressor(self, **options: Any) -> Compressor:
        """Return what compresses one file."""
        return _Compressor(**options)


def fingerprint() -> str:
    """Return a digest of names, sizes and times of all static files, and of what processes them."""
    seen = hashlib.sha256(f"whitenoise {version('whitenoise')} {BROTLI_QUALITY}\n".encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            status = Path(storage.path(name)).stat()
            seen.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def collect() -> bool:
    """Collect and compress the static files when they changed; return whether they had."""
    stamp = Path(settings.STATIC_ROOT) / STAMP
    now = fingerprint()
    if stamp.is_file() and stamp.read_text(encoding="ascii") == now:
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(now, encoding="ascii")
    return True
