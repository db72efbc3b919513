"""What our own uploader announces before it sends a byte: `Manifest`. PURE: shapes, limits and checks; what they mean is elsewhere.

Unknown keys are left unread, so that a newer uploader can say more than an older server understands.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from covdash.coverage.path_rules import Rewriting, RuleError, rewriting
from ingest.envelope import FLAG, MAX_FLAGS

MAX_BYTES = 1024 * 1024
MAX_REPORTS = 500
MAX_TREE_FILES = 1_000_000
MAX_PATH = 4096
MAX_CODEOWNERS = 64 * 1024
MAX_CI_BYTES = 64 * 1024
MAX_DIRTY = 1_000
MAX_DEPTH = 32
MAX_STRIP = 50
VERSION = 1

_SHA256 = re.compile(r"[0-9a-f]{64}")
_GIT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class ManifestError(Exception):
    """A manifest that cannot be used: `code`, the `field` it is about, a sentence, and what to do."""

    def __init__(self, code: str, field: str, message: str, hint: str = "") -> None:
        """Codes: bad_manifest, unsupported_version, empty, too_large, too_many_files."""
        super().__init__(code, field, message)
        self.code, self.field, self.message, self.hint = code, field, message, hint


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """A report that is to come: its name, its size and SHA-256 as it lies on the disk of the job. `format` is a guess."""

    path: str
    size: int
    sha256: str
    modified: str | float | None = None
    kind: Literal["coverage", "tests", "mutation"] = "coverage"
    format: str = ""


class TreeSaid(msgspec.Struct, frozen=True, kw_only=True):
    """The id of the list of files that belongs to the tested tree, and how many they are."""

    id: str
    files: int = 0


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A small file of the repository that comes along."""

    path: str = ""
    text: str = ""


class Diff(msgspec.Struct, frozen=True, kw_only=True):
    """What changed since `base`, as a unified diff."""

    base: str = ""
    text: str = ""


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """What the job does to the paths in its reports: beginnings to take off, and a folder to put before them."""

    strip: tuple[str, ...] = ()
    prefix: str = ""

    def rewritings(self) -> tuple[Rewriting, ...]:
        """Return it as rules, of which the first that applies is used. Raises `RuleError`."""
        cuts = tuple(rewriting(kind="prefix", find=find, to=self.prefix) for find in self.strip if find)
        return cuts + ((rewriting(kind="prefix", find="", to=self.prefix),) if self.prefix else ())


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """All that is announced. `fields` are those of the envelope, as said; `ci` is what the uploader found out about its job."""

    version: int
    reports: tuple[Announced, ...]
    client: str = ""
    project: str = ""
    fields: dict[str, str | int | bool | list[str] | None] = {}
    ci: dict[str, Any] = {}
    tree: TreeSaid | None = None
    configuration: Text | None = None
    codeowners: Text | None = None
    diff: Diff | None = None
    carry_forward: tuple[str, ...] = ()
    """Flags whose earlier results are to be taken over where they do not arrive."""

    paths: Paths | None = None

    def words(self) -> dict[str, list[str]]:
        """Return the fields in the shape that `envelope.read` takes.

        The tree that was tested is that of its list, unless it is named: contents of submodules make a list of their own.
        """
        words = {name: _words(value) for name, value in self.fields.items() if value is not None}
        if self.tree is not None and not words.get("tree"):
            words["tree"] = [self.tree.id]
        return words

    def digest(self) -> str:
        """Return the SHA-256 of what makes two manifests the same: everything but times, guesses and facts of the job."""
        said = {
            "fields": {name: words for name, words in self.words().items() if name != "committed_at"},
            "list": self.tree.id if self.tree else "",
            "reports": sorted((one.path, one.size, one.sha256, one.kind) for one in self.reports),
            "texts": [self.configuration, self.codeowners, self.diff, *([self.paths] if self.paths else ())],
            "carry_forward": sorted(self.carry_forward),
        }
        return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


def read(body: bytes, *, report_bytes: int, all_bytes: int) -> Manifest:
    """Check a manifest. `report_bytes` is the most that one report may have, `all_bytes` all of them. Raises `ManifestError`."""
    try:
        found = msgspec.json.decode(body, type=Manifest)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$")
        raise ManifestError(
            "bad_manifest", where.strip(".`"), f"The manifest cannot be used: {message}."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ManifestError("bad_manifest", "", f"The manifest is no JSON: {error}.") from error
    if found.version != VERSION:
        raise ManifestError(
            "unsupported_version",
            "version",
            f"This server reads manifests of version {VERSION}, this is {found.version}.",
            "Take the uploader that this server gives at /upload.py.",
        )
    _check_reports(found.reports, report_bytes, all_bytes)
    if len(found.carry_forward) > MAX_FLAGS or not all(map(FLAG.fullmatch, found.carry_forward)):
        raise ManifestError("bad_manifest", "carry_forward", f"Name at most {MAX_FLAGS} flags, or all.")
    _check_paths(found.paths)
    if found.tree is not None:
        if not _GIT_ID.fullmatch(found.tree.id):
            raise ManifestError("bad_manifest", "tree.id", "The tree id is no full git id.")
        if not 0 <= found.tree.files <= MAX_TREE_FILES:
            raise ManifestError(
                "too_many_files",
                "tree.files",
                f"The tree has {found.tree.files} files, more than {MAX_TREE_FILES}.",
                "Announce the upload without its tree; paths are then placed as without a list of files.",
            )
    return found


def facts_of_ci(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the uploader said of its job as it can be kept: bounded, without NUL; nothing when it is too long."""
    kept: dict[str, Any] = _storable(dict(said))
    kept["dirty"] = [
        path for path in _list(said.get("dirty"))[:MAX_DIRTY] if isinstance(path, str) and "\0" not in path
    ]
    ids = said.get("dirty_ids")
    known = ids if isinstance(ids, dict) else {}
    kept["dirty_ids"] = {
        path: known[path] for path in kept["dirty"] if _GIT_ID.fullmatch(str(known.get(path)))
    }
    size = len(msgspec.json.encode(kept))
    return kept if size <= MAX_CI_BYTES else {"dirty": kept["dirty"], "dirty_ids": kept["dirty_ids"]}


def shown(name: str) -> str:
    """Return a name as it can be stored: it is shown and never used as a path on our disk."""
    return name.replace("\0", "\N{SYMBOL FOR NULL}")[:MAX_PATH].encode("utf-8", "replace").decode()


def _check_paths(paths: Paths | None) -> None:
    if paths is None:
        return
    if len(paths.strip) > MAX_STRIP:
        raise ManifestError("bad_manifest", "paths.strip", f"Name at most {MAX_STRIP} beginnings of paths.")
    try:
        paths.rewritings()
    except RuleError as error:
        raise ManifestError("bad_manifest", "paths", f"The paths cannot be used: {error}.") from error


def _check_reports(reports: tuple[Announced, ...], report_bytes: int, all_bytes: int) -> None:
    if not reports:
        raise ManifestError(
            "empty", "reports", "The manifest announces no report.", "Check the step that writes the reports."
        )
    if len(reports) > MAX_REPORTS:
        raise ManifestError(
            "too_large", "reports", f"The manifest announces {len(reports)} reports, more than {MAX_REPORTS}.",
            "Send them in several uploads, each with a name of its own.",
        )  # fmt: skip
    for place, one in enumerate(reports):
        where = f"reports[{place}]"
        if not _SHA256.fullmatch(one.sha256):
            raise ManifestError("bad_manifest", f"{where}.sha256", "The digest is no SHA-256 in lower case.")
        if one.size <= 0:
            raise ManifestError(
                "empty",
                where,
                f"The report {shown(one.path)[:200]!r} is empty.",
                "Check the step that writes the report.",
            )
        if one.size > report_bytes:
            raise ManifestError(
                "too_large", where, f"The report {shown(one.path)[:200]!r} has {one.size} bytes, the limit is {report_bytes}.",
                "Split it by job, or ask the operator to raise COVDASH_MAX_UNPACKED_BYTES.",
            )  # fmt: skip
    total = sum(one.size for one in reports)
    if total > all_bytes:
        raise ManifestError(
            "too_large", "reports", f"The reports have {total} bytes together, the limit is {all_bytes}.",
            "Send them in several uploads, each with a name of its own.",
        )  # fmt: skip


def _words(value: str | int | list[str]) -> list[str]:
    if isinstance(value, list):
        return value
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _storable(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\N{SYMBOL FOR NULL}")
    if depth >= MAX_DEPTH:
        return None
    if isinstance(value, dict):
        return {_storable(str(key)): _storable(item, depth + 1) for key, item in value.items()}
    return [_storable(item, depth + 1) for item in value] if isinstance(value, list) else value
