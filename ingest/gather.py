"""Reading everything one upload brought: its source texts, its lists of files, and its reports, these in the cage.

What comes out is a `Harvest`. Texts are kept as they come (they are content-addressed, so a second run adds nothing); everything else
is written by `process.py` when all is read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec
from django.conf import settings

from covdash.coverage.path_rules import Rewriting, Rules
from covdash.coverage.report import UNPLACED
from covdash.projects import configuration, wishes
from covdash.projects.configuration import rules_of
from covdash.reports import store
from covdash.reports.loading import load_objects
from covdash.reports.models import Upload
from covdash.sources import store as texts
from ingest import cage, listed, raw, surroundings
from ingest.frames import Failed, File, Report, Skipped, Unpacked
from ingest.harvest import Harvest, HarvestError
from ingest.manifest import Paths
from ingest.parsing import Limits
from ingest.paths import Known, resolve, rewritten
from ingest.paths import listed as paths_in

WALL_SECONDS = 200
"""For all files of one upload together; less than the time limit of the task."""
HOLD_TEXTS = 16 * 1024 * 1024
_BINARY_HEAD = 8000


class _Texts:
    """Texts of sources on their way into the store, some megabytes at a time."""

    def __init__(self, project_id: int) -> None:
        self._project_id = project_id
        self._waiting: list[bytes] = []
        self._size = 0
        self.blobs: dict[str, bytes] = {}
        """Name, as it was given -> git blob id of the text."""

    def add(self, name: str, text: bytes) -> None:
        """Keep a text, unless it is no text or too long to be read by anybody."""
        if len(text) > texts.MAX_TEXT or b"\0" in text[:_BINARY_HEAD]:
            return
        self.blobs[name] = texts.blob_id(text)
        self._waiting.append(text)
        self._size += len(text)
        if self._size > HOLD_TEXTS:
            self.flush()

    def flush(self) -> None:
        """Store what waits."""
        texts.put(project_id=self._project_id, texts=self._waiting)
        self._waiting, self._size = [], 0


class Gathering:
    """The files of one upload on their way into a harvest."""

    def __init__(self, upload: Upload, *, beat: Callable[[int], None]) -> None:
        """`beat` is called often while time passes, with the progress in percent."""
        self.upload = upload
        self.rules = rules_of(wishes.in_force(project_id=upload.project_id).paths)
        self.harvest = Harvest(
            known=None,
            rules=self.rules,
            slug=upload.project.slug,
            project_id=upload.project_id,
            write_ahead=lambda objects: store.write_objects(project_id=upload.project_id, objects=objects),
            read_back=load_objects(upload.project_id),
        )
        self._beat = beat
        self._files: list[dict[str, Any]] = upload.files
        self._total = sum(file["size"] for file in self._files) or 1
        self._read = 0
        self._limits = Limits(unpacked=settings.COVDASH_MAX_UNPACKED_BYTES, ratio=settings.COVDASH_MAX_RATIO)
        self._told = surroundings.around(upload.commit).tell(upload.pk, tree=upload.tree, fork=upload.fork)
        self._others: dict[str, bytes] | None = None
        self._depends = False
        self._known: Known | None = None
        self._rewritings: tuple[Rewriting, ...] = ()
        self._job = cage.Job(
            source_text=self._source_text, beat=self._pulse, deadline=time.monotonic() + WALL_SECONDS
        )

    @property
    def rewriting(self) -> Rules:
        """The rules of the project without those that leave files out."""
        return replace(self.rules, ignored=())

    @property
    def known_files(self) -> list[str]:
        """The files of the repository that the paths were looked up in; none when nobody named them."""
        return list(self._known.exact.values()) if self._known else []

    @property
    def context(self) -> bytes | None:
        """The digest of what other uploads told this one; None when it asked them nothing."""
        return self._told.digest() if self._depends else None

    def run(self) -> Harvest:
        """Read everything. Raises `raw.BlobError`, and what `beat` raises."""
        own = [path for file in self._role("files") for path in paths_in(raw.read(file))]
        self._known = Known.of(own) if own else None
        for file in self._role("sources"):
            self._take_archive(file)
        for file in self._role("source"):
            self._take_text(file)
        self._know_files(own)
        for file in self._role("paths"):
            self._rewritings = msgspec.json.decode(raw.read(file), type=Paths).rewritings()
        for file in self._role("report"):
            self._take_report(file)
        for file in self._role("configuration"):
            self._take_configuration(file)
        return self.harvest

    def _role(self, role: str) -> list[dict[str, Any]]:
        return [file for file in self._files if file["role"] == role]

    def _know_files(self, own: list[str]) -> None:
        """Settle which files the repository has, for the paths of the reports."""
        named = [*own, *self.harvest.sources]
        if not named and (files := self._told.listed()):
            # Line numbers of a file that was changed after the checkout belong to another text than that of the tree.
            ci = self.upload.declared.get("ci", {})
            changed = {path: bytes.fromhex(blob) for path, blob in ci.get("dirty_ids", {}).items()}
            unknown = set(ci.get("dirty", ())) - changed.keys()
            self.harvest.listed = {
                path: changed.get(path, blob) for path, blob in files.items() if path not in unknown
            }
            named = listed.for_lookup(files, len(files))
        elif not named:
            self._depends = True
            for one in self._told.others:
                for file in one.with_role("files"):
                    named += paths_in(raw.read(file))
            named += self._from_others()
        self._known = Known.of(named) if named else None
        self.harvest.known = self._known

    def _from_others(self) -> dict[str, bytes]:
        if self._others is None:
            self._others = self._told.sources()
        return self._others

    def _take_configuration(self, file: dict[str, Any]) -> None:
        """Look at the `covdash.toml` that came along: a broken one is a warning on the upload and changes nothing else."""
        try:
            configuration.parse_toml(raw.read(file))
        except configuration.ConfigurationError as error:
            self.harvest.fail(file["name"], "bad_configuration", str(error))
        else:
            self.harvest.note_companion(file["name"])

    def _take_report(self, file: dict[str, Any]) -> None:
        name = file["name"]
        answers = cage.mine().read(
            name,
            self._blocks(file),
            format_name=self.upload.declared_format or None,
            limits=self._limits,
            job=self._job,
        )
        held = _Texts(self.upload.project_id)
        try:
            for answer in answers:
                if isinstance(answer, Report | Skipped | Failed):
                    self.harvest.take(msgspec.structs.replace(answer, name=_inside(name, answer.name)))
                elif isinstance(answer, File):
                    self.harvest.take(msgspec.structs.replace(answer, path=self._said(answer.path)))
                else:
                    held.add(self._said(answer.name), answer.data)
        except HarvestError as error:
            self.harvest.fail(name, error.code, error.message)
        else:
            self.harvest.end(name)
        held.flush()
        self.harvest.adopt(held.blobs)

    def _take_archive(self, file: dict[str, Any]) -> None:
        answers = cage.mine().unpack(
            file["name"], self._blocks(file), longest=texts.MAX_TEXT, limits=self._limits, job=self._job
        )
        kept = _Texts(self.upload.project_id)
        for answer in answers:
            if isinstance(answer, Unpacked):
                if self._place_text(answer.name, answer.data):
                    kept.add(answer.name, answer.data)
            elif isinstance(answer, Skipped):
                self.harvest.skip(_inside(file["name"], answer.name), answer.reason)
            elif isinstance(answer, Failed):
                self.harvest.fail(
                    _inside(file["name"], answer.name), answer.code, answer.message, answer.where
                )
        kept.flush()
        if kept.blobs:
            self.harvest.note_sources(file["name"], len(kept.blobs))

    def _take_text(self, file: dict[str, Any]) -> None:
        if file["size"] > texts.MAX_TEXT:
            self.harvest.skip(file["name"], f"too_large: a source text may have {texts.MAX_TEXT} bytes")
            return
        text = b"".join(self._blocks(file))
        if b"\0" in text[:_BINARY_HEAD]:
            self.harvest.skip(file["name"], "binary: it is no text")
        elif self._place_text(file["name"], text):
            texts.put(project_id=self.upload.project_id, texts=[text])
            self.harvest.note_sources(file["name"], 1)

    def _place_text(self, name: str, text: bytes) -> bool:
        """Give a text its path in the repository; says whether it has one."""
        # Without the rules that leave files out: a format that needs the text to count must find it.
        place = resolve([name], known=self._known, slug=self.upload.project.slug, rules=self.rewriting)[name]
        if place.path is None:
            self.harvest.skip(name, place.reason or "its name could be several files")
            return False
        self.harvest.sources[place.path] = texts.blob_id(text)
        return True

    def _said(self, path: str) -> str:
        """Return the path of a report as the job wants it to be read; everything else knows that one only."""
        return path if path == UNPLACED else rewritten(path, self._rewritings)

    def _source_text(self, reported: str) -> bytes | None:
        """Answer the cage: the text of a source file by the path that the report writes."""
        reported = self._said(reported)
        path = resolve([reported], known=self._known, slug=self.upload.project.slug, rules=self.rewriting)[
            reported
        ].path
        if own := self.harvest.sources.get(path or "") or self.harvest.listed.get(path or ""):
            text = texts.get(project_id=self.upload.project_id, blobs=[own]).get(own)
            if text is not None:
                return text
        self._depends = True
        other = self._from_others().get(path or "")
        return texts.get(project_id=self.upload.project_id, blobs=[other]).get(other) if other else None

    def _blocks(self, file: dict[str, Any]) -> Iterator[bytes]:
        for block in raw.blocks_of(file):
            self._read += len(block)
            self._pulse()
            yield block

    def _pulse(self) -> None:
        self._beat(min(99, 100 * self._read // self._total))


def _inside(upload: str, name: str) -> str:
    """Return where a contained file was, in words: `report.zip > unit/lcov.info`."""
    return name if name == upload else f"{upload} > {name}"
