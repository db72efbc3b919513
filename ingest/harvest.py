"""What one upload gives: reports from the cage, checked, placed in the repository and joined file by file into one tree.

The cage's answers are hostile: every coverage object is decoded here before its digest counts for anything. Nothing is written to the
database except objects ahead of their tree, when they would fill the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any

from covdash.coverage.codec import CodecError, decode, digest_of, encode, encode_counts, with_counts
from covdash.coverage.counts import write_pack
from covdash.coverage.lines import merge
from covdash.coverage.name_pack import Group
from covdash.coverage.path_rules import Rules
from covdash.coverage.report import UNPLACED
from covdash.coverage.results import decode as decode_results
from covdash.coverage.totals import Totals
from covdash.coverage.tree import Entry, Tree, build, file_entry
from covdash.reports.facts import FileOutcome
from ingest.frames import Failed, File, Report, Skipped
from ingest.listed import unmeasured
from ingest.paths import Known, Place, resolve, shown

MAX_FILES = 200_000
MAX_LINES = 20_000_000
MAX_OUTCOMES = 2_100
MAX_WARNINGS = 1_000
MAX_TEXT = 2_000
HOLD_BYTES = 48 * 1024 * 1024
"""So many bytes of coverage objects are held before they are written ahead."""
CHECKED = 50_000
"""So many objects are remembered as checked: most files of an upload are as they were in the one before."""

_checked: dict[bytes, tuple[int, Totals]] = {}
"""Lines and totals of objects by their digest, those seen first in front."""


class HarvestError(Exception):
    """A report that breaks a limit or a promise of the cage: a code and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        """Codes: too_large, parser_crashed."""
        super().__init__(code, message)
        self.code, self.message = code, message


@dataclass(slots=True)
class _Held:
    """One source file of the upload: digest and totals of its coverage object, and its exact counts."""

    digest: bytes
    totals: Totals
    counts: bytes


@dataclass(slots=True)
class _Open:
    """The report that is coming in: nothing of it counts before its last file is there."""

    head: Report
    files: list[tuple[str, bytes, Totals, bytes]] = field(default_factory=list)
    lines: int = 0


class Harvest:
    """Collects the answers of the cage for one upload."""

    def __init__(
        self,
        *,
        known: Known | None,
        slug: str,
        project_id: int,
        write_ahead: Callable[[Mapping[bytes, bytes]], object],
        read_back: Callable[[list[bytes]], Mapping[bytes, bytes]],
        rules: Rules = Rules(),  # noqa: B008 - a frozen value
    ) -> None:
        """`known` are the files of the repository, if anybody named them; `write_ahead` stores payloads, `read_back` reads them.

        `rules` are those of the project for paths.
        """
        self.known = known
        self.rules = rules
        self._slug = slug
        self._project_id = project_id
        self._write_ahead = write_ahead
        self._read_back = read_back
        self._open: _Open | None = None
        self._files: dict[str, _Held] = {}
        self._lines = 0
        self._held = 0
        self.objects: dict[bytes, bytes] = {}
        self.places: dict[str, Place] = {}
        self._named: dict[tuple[tuple[str, ...], bool], dict[str, None]] = {}
        self.outcomes: list[FileOutcome] = []
        self.results: dict[str, bytes] = {}
        """Key in object storage -> packed results of a report."""
        self.sources: dict[str, bytes] = {}
        """Path in the repository -> git blob id of its text."""
        self.listed: Mapping[str, bytes] = {}
        """The same for all files of the tree that was tested, if its list is known; their texts need not be there."""

    @property
    def parsed(self) -> int:
        """Number of reports that were parsed; archives of sources and what came along do not count."""
        return sum(
            outcome.state == "parsed" and outcome.format not in {"", "sources"} for outcome in self.outcomes
        )

    def take(self, answer: Report | File | Skipped | Failed) -> None:
        """Take one answer. A failure in the middle of a report voids that report."""
        if isinstance(answer, File):
            self._take_file(answer)
        elif isinstance(answer, Report):
            self._open = _Open(answer)
        elif isinstance(answer, Skipped):
            self.skip(answer.name, answer.reason)
        else:
            self.fail(answer.name, answer.code, answer.message, answer.where)
        if self._open is not None and len(self._open.files) == self._open.head.files:
            report, self._open = self._open, None
            self._close(report)

    def end(self, name: str) -> None:
        """Say that the cage is done with the uploaded file `name`."""
        if self._open is not None:
            self.fail(name, "parser_crashed", "the parser did not finish the report it began")

    def skip(self, name: str, reason: str) -> None:
        """Note a contained file that is left out."""
        self._note(FileOutcome(_clean(name), "skipped", reason=_clean(reason)))

    def fail(self, name: str, code: str, message: str, where: str = "") -> None:
        """Note a contained file that cannot be used."""
        self._open = None
        self._note(
            FileOutcome(
                _clean(name), "failed", code=_clean(code), message=_clean(message), where=_clean(where)
            )
        )

    def note_sources(self, name: str, texts: int) -> None:
        """Note source texts that came with the upload."""
        self._note(
            FileOutcome(_clean(name), "parsed", format="sources", evidence="part sources", files=texts)
        )

    def adopt(self, texts: Mapping[str, bytes]) -> None:
        """Take texts that a report holds (path as it writes it -> git blob id): each stands where the coverage of its file does.

        A text that came beside the report wins.
        """
        for path, blob in texts.items():
            place = self.places.get(path)
            if place and place.path is not None and place.path in self._files:
                self.sources.setdefault(place.path, blob)

    def note_companion(self, name: str) -> None:
        """Note a file that is no report and can be used."""
        self._note(FileOutcome(_clean(name), "parsed", evidence="came along, and can be used"))

    def tree(self) -> Tree:
        """Return the tree of the upload: every file with coverage, a text, or both, and what could have been measured."""
        entries: dict[str, Entry] = {}
        texts = unmeasured(self.listed, self._files, self._files) | self.sources
        for path in self._files.keys() | texts.keys():
            if path not in self._files and self.rules.ignore(path):
                continue
            held = self._files.get(path)
            name = path.rpartition("/")[2]
            source = texts.get(path) or self.listed.get(path, b"")
            entries[path] = file_entry(
                name, held.digest if held else b"", source, held.totals if held else Totals()
            )
        return build(entries)

    def names(self) -> list[Group]:
        """Return all names that the reports of the upload write, by the source roots that they were read with."""
        return [
            Group(roots, go, tuple(sorted(names)))
            for (roots, go), names in sorted(self._named.items())
            if names
        ]

    def pack(self) -> bytes:
        """Return the count pack of the upload, empty when no file has counts that say more than its states."""
        blocks = {path: (held.digest, held.counts) for path, held in self._files.items() if held.counts}
        return write_pack(blocks) if blocks else b""

    def outcomes_as_json(self) -> list[dict[str, Any]]:
        """Return the outcomes in the shape of `facts.FileOutcome`, without empty words."""
        return [
            {key: value for key, value in asdict(outcome).items() if value or key in {"name", "state"}}
            for outcome in self.outcomes
        ]

    def _take_file(self, file: File) -> None:
        report = self._open
        if report is None:
            return  # the rest of a report that was given up
        digest = digest_of(file.coverage)
        try:
            lines, totals = _figures(digest, file.coverage)
        except CodecError as error:
            raise HarvestError("parser_crashed", f"the parser gave a broken answer: {error}") from error
        report.lines += lines
        self._lines += lines
        if len(report.files) + len(self._files) >= MAX_FILES:
            raise HarvestError("too_large", f"the upload has more than {MAX_FILES} source files; split it")
        if self._lines > MAX_LINES:
            raise HarvestError("too_large", f"the upload has more than {MAX_LINES} lines; split it")
        self._hold(digest, file.coverage)
        report.files.append((file.path, digest, totals, file.counts))

    def _close(self, report: _Open) -> None:
        """Let a complete report count: place its files and join them with those that are there already."""
        head = report.head
        results = self._results(head.results)
        named = [path for path, *_ in report.files if path != UNPLACED]
        go = head.format == "go-cover"
        places = resolve(named, roots=head.roots, known=self.known, slug=self._slug, go=go, rules=self.rules)
        kept = self._named.setdefault((tuple(head.roots), go), {})
        kept |= dict.fromkeys(shown(path) for path in named)
        for path, digest, totals, counts in report.files:
            place = places[path].path if path != UNPLACED else UNPLACED
            if place is None:
                continue
            held = self._files.get(place)
            try:
                self._files[place] = (
                    _Held(digest, totals, counts) if held is None else self._joined(held, digest, counts)
                )
            except CodecError as error:  # counts that do not belong to their file
                raise HarvestError("parser_crashed", f"the parser gave a broken answer: {error}") from error
        self.places |= {
            path: place for path, place in places.items() if path not in self.places or place.path
        }
        self._note(
            FileOutcome(
                _clean(head.name),
                "parsed",
                format=_clean(head.format),
                evidence=_clean(head.evidence),
                producer=_clean(head.producer),
                files=len(named),
                lines=report.lines,
                warnings=tuple(
                    (_clean(code), n, _clean(text)) for code, n, text in head.warnings[:MAX_WARNINGS]
                ),
                results=results,
            )
        )

    def _results(self, data: bytes) -> dict[str, Any]:
        """Return the results of a report in short, and keep the bytes for the object storage."""
        if not data:
            return {}
        try:
            summary = decode_results(data).summary()
        except CodecError as error:
            raise HarvestError("parser_crashed", f"the parser gave a broken answer: {error}") from error
        key = f"results/{self._project_id}/{sha256(data).hexdigest()}"
        self.results[key] = data
        cleaned: dict[str, Any] = _clean_json({**summary, "key": key})
        return cleaned

    def _joined(self, held: _Held, digest: bytes, counts: bytes) -> _Held:
        if held.digest == digest and held.counts == counts:
            return held
        first, second = (
            with_counts(decode(self._payload(wanted)), block)
            for wanted, block in ((held.digest, held.counts), (digest, counts))
        )
        both = merge(first, second)
        payload = encode(both)
        joined = digest_of(payload)
        self._hold(joined, payload)
        return _Held(joined, both.totals(), encode_counts(both))

    def _hold(self, digest: bytes, payload: bytes) -> None:
        if digest in self.objects:
            return
        self.objects[digest] = payload
        self._held += len(payload)
        if self._held > HOLD_BYTES:
            self._write_ahead(self.objects)
            self.objects, self._held = {}, 0

    def _payload(self, digest: bytes) -> bytes:
        return self.objects.get(digest) or self._read_back([digest])[digest]

    def _note(self, outcome: FileOutcome) -> None:
        if len(self.outcomes) < MAX_OUTCOMES:
            self.outcomes.append(outcome)


def _figures(digest: bytes, payload: bytes) -> tuple[int, Totals]:
    """Return the number of lines and the totals of a coverage object. Raises `CodecError` if it is none."""
    found = _checked.get(digest)
    if found is None:
        coverage = decode(payload)
        found = len(coverage.lines), coverage.totals()
        if len(_checked) >= CHECKED:
            del _checked[next(iter(_checked))]
        _checked[digest] = found
    return found


def _clean_json(value: Any) -> Any:
    """Return `value` with every text as PostgreSQL can keep it."""
    if isinstance(value, str):
        return _clean(value.encode("utf-8", "replace").decode())
    if isinstance(value, dict):
        return {key: _clean_json(item) for key, item in value.items()}
    return [_clean_json(item) for item in value] if isinstance(value, list) else value


def _clean(text: str) -> str:
    """Return `text` as PostgreSQL can keep it: no NUL, not endless."""
    return text.replace("\x00", "\N{SYMBOL FOR NULL}")[:MAX_TEXT]
