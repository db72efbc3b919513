"""OpenCover XML: OpenCover, coverlet and AltCover. PURE. Source: OpenCover's documentation and `CoverageSession` schema.

Sequence points are statements, branch points are arms, methods with points are functions. A line ran as often as the point on it that
ran most. What the summary counts beyond its points (a pseudo-arm for each method, in old versions) is kept without a place.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from covdash.coverage.report import ReportBuilder
from ingest import safe_xml
from ingest.numbers import count, whole
from ingest.parsing import Format, Peek, Source
from ingest.safe_xml import Handlers, attributes
from ingest.spans import Spans

_HIDDEN = 0xFEEFEE
"""The line of points that the compiler hides from the debugger."""


def _matches(peek: Peek) -> str | None:
    return "root `<CoverageSession>`" if peek.xml_root == "CoverageSession" else None


@dataclass(slots=True)
class _Method:
    visited: bool | None
    """None where the writer does not say (coverlet): called if a point of it was."""
    name: str = ""
    token: str = ""
    file: str = ""
    points: list[dict[str, str]] = field(default_factory=list)
    arms: list[dict[str, str]] = field(default_factory=list)


class _Reader:
    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.depth = 0
        self.files: dict[str, str] = {}
        self.spans: dict[str, Spans] = {}
        self.method: _Method | None = None

    def handlers(self) -> Handlers:
        starts = {
            "Module": self.start_part, "Class": self.start_part, "Summary": self.summary, "File": self.file,
            "Method": self.start_method, "FileRef": self.file_ref, "SequencePoint": self.point, "BranchPoint": self.arm,
        }  # fmt: skip
        ends = {"Module": self.end_part, "Class": self.end_part, "Method": self.end_method}
        return Handlers(starts, ends, {"Name": self.name, "MetadataToken": self.token})

    def start_part(self, _flat: list[str]) -> None:
        self.depth += 1

    def end_part(self) -> None:
        self.depth -= 1

    def summary(self, flat: list[str]) -> None:
        """Take the summary of the whole session, which stands before all modules."""
        if self.depth or self.method:
            return
        words = attributes(flat)
        for kind, what in (
            ("statements", "SequencePoints"),
            ("branches", "BranchPoints"),
            ("functions", "Methods"),
        ):
            total, covered = whole(words.get(f"num{what}")), whole(words.get(f"visited{what}"))
            if total is not None and covered is not None:
                self.report.declare(kind, min(covered, total), total)

    def file(self, flat: list[str]) -> None:
        words = attributes(flat)
        path = words.get("fullPath", "")
        self.files[words.get("uid", "")] = path
        self.report.file(path)

    def start_method(self, flat: list[str]) -> None:
        words = attributes(flat)
        if "skippedDueTo" not in words:
            self.method = _Method(words["visited"].lower() == "true" if "visited" in words else None)

    def file_ref(self, flat: list[str]) -> None:
        if self.method:
            self.method.file = attributes(flat).get("uid", "")

    def name(self, text: str) -> None:
        if self.method and not self.method.name:
            self.method.name = text.strip()

    def token(self, text: str) -> None:
        if self.method:
            self.method.token = text.strip()

    def point(self, flat: list[str]) -> None:
        if self.method:
            self.method.points.append(attributes(flat))

    def arm(self, flat: list[str]) -> None:
        if self.method:
            self.method.arms.append(attributes(flat))

    def end_method(self) -> None:
        method, self.method = self.method, None
        if method is None:
            return
        first: tuple[str, int] | None = None
        calls: list[int] = []
        offsets: list[tuple[int, int]] = []
        for point in method.points:
            path, line = self.place(point, method)
            if line in (0, _HIDDEN) or not path:
                continue
            first = first or (path, line)
            offsets.append((whole(point.get("offset")) or 0, line))
            hits = max(count(point.get("vc", "0"), self.report.warnings, path) or 0, 0)
            calls.append(hits)
            end = whole(point.get("el")) or line
            arms, taken = whole(point.get("bec")) or 0, whole(point.get("bev")) or 0
            spans = self.spans.setdefault(path, Spans(self.report.warnings))
            spans.add(line, end if end != _HIDDEN else line, hits, partial=taken < arms)
            key = f"{line}:{point.get('sc', '')}-{end}:{point.get('ec', '')} of {method.token or method.name}"
            self.report.file(path).named("statements", line, f"{key} at {point.get('offset', '')}", hits)
        for arm in method.arms:
            self.add_arm(arm, method, offsets)
        # Methods without code of their own (automatic accessors of old compilers) have points that no line holds.
        if first is None and method.file in self.files and (method.points or method.arms):
            first = (self.files[method.file], 0)
        if first is not None:
            visited = any(hits > 0 for hits in calls) if method.visited is None else method.visited
            self.report.file(first[0]).function(method.name or method.token, first[1], 0, int(visited))

    def place(self, words: dict[str, str], method: _Method) -> tuple[str, int]:
        path = self.files.get(words.get("fileid", "") or method.file) or self.files.get(method.file, "")
        return path, whole(words.get("sl")) or 0

    def add_arm(self, arm: dict[str, str], method: _Method, offsets: list[tuple[int, int]]) -> None:
        path, line = self.place(arm, method)
        offset = whole(arm.get("offset")) or 0
        if line in (0, _HIDDEN):
            # The line of the last point that begins before the jump.
            line = max((known for known in offsets if known[0] <= offset), default=(0, 0))[1]
        if not path:
            self.report.warnings.add("bad_record", f"{method.name}: a branch point without a file")
            return
        hits = max(count(arm.get("vc", "0"), self.report.warnings, path) or 0, 0)
        key = f"path {arm.get('path', '')} at {offset} of {method.token or method.name}"
        self.report.file(path).named("branches", line, key, hits)

    def close(self) -> None:
        for path, spans in self.spans.items():
            spans.close(self.report.file(path))


def parse(source: Source, report: ReportBuilder) -> None:
    """Read a session. Raises `ParseError`."""
    reader = _Reader(report)
    safe_xml.parse(source.chunks(), reader.handlers(), report.warnings)
    reader.close()


FORMAT = Format("opencover", "OpenCover XML", _matches, parse)
