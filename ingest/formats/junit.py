"""JUnit XML in all its dialects: pytest, Jest, PHPUnit, Surefire, Gradle, node, go-junit-report; and Sonar's test executions. PURE.

There is no specification; source: the writers. Only `testcase` elements count, since suites repeat the counts of those they hold.
Control characters that XML forbids (colours of a terminal, say) are left out, so that a whole suite is not lost to one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from covdash.coverage.report import ReportBuilder
from covdash.coverage.results import MAX_TEXT, TestCase, line_of
from ingest import safe_xml
from ingest.numbers import whole
from ingest.parsing import Format, Peek, Source
from ingest.safe_xml import Handlers, attributes

_STATES = {"failure": "failed", "error": "error", "skipped": "skipped"}
_FLAKY = ("flakyFailure", "flakyError")
_FORBIDDEN = bytes(byte for byte in range(32) if byte not in (9, 10, 13))
_REFERENCE = re.compile(rb"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|[xX]0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]));")
_SECONDS = re.compile(r"\s*\d[\d,]*\.?\d*(?:[eE][+-]?\d{1,3})?\s*\Z")
_TAIL = 16


def _matches(peek: Peek) -> str | None:
    if peek.xml_root in ("testsuites", "testsuite", "testExecutions"):
        return f"root `<{peek.xml_root}>`"
    return None


def _printable(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Drop the characters that XML 1.0 forbids, raw or as a reference; UTF-16 is left as it is."""
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:4]:
            yield data
            rest = b""
            yield from chunks
            return
        data, rest = data[:-_TAIL], data[-_TAIL:]
        yield _REFERENCE.sub(b"", data.translate(None, _FORBIDDEN)) if data else b""
    yield _REFERENCE.sub(b"", rest.translate(None, _FORBIDDEN))


class _Reader:
    def __init__(self, report: ReportBuilder) -> None:
        self.report = report
        self.suites: list[str] = []
        self.files: list[str] = []
        self.case: dict[str, str] | None = None
        self.state = "passed"
        self.message = ""

    def handlers(self) -> Handlers:
        starts = {
            "testsuite": self.start_suite, "file": self.start_file, "testcase": self.start_case, "testCase": self.start_case,
            **dict.fromkeys(_FLAKY, self.on_flaky),
            **{name: self.problem(state) for name, state in _STATES.items()},
        }  # fmt: skip
        ends = {
            "testsuite": self.end_suite, "file": self.end_file, "testcase": self.end_case, "testCase": self.end_case,
        }  # fmt: skip
        return Handlers(starts, ends)

    def start_suite(self, flat: list[str]) -> None:
        words = attributes(flat)
        self.suites.append(words.get("name", ""))
        self.files.append(words.get("file", ""))

    def end_suite(self) -> None:
        self.suites.pop()
        self.files.pop()

    def start_file(self, flat: list[str]) -> None:
        self.files.append(attributes(flat).get("path", ""))

    def end_file(self) -> None:
        self.files.pop()

    def start_case(self, flat: list[str]) -> None:
        self.case = attributes(flat)
        self.state, self.message = "passed", ""
        status = self.case.get("status", self.case.get("result", "")).lower()
        if status in ("skipped", "disabled", "notrun", "suppressed"):
            self.state = "skipped"

    def problem(self, state: str) -> safe_xml.Start:
        def start(flat: list[str]) -> None:
            if self.case is not None and self.state in ("passed", "skipped", "flaky"):
                words = attributes(flat)
                self.state = state
                self.message = words.get("message") or words.get("type") or ""

        return start

    def on_flaky(self, flat: list[str]) -> None:
        if self.case is not None and self.state == "passed":
            self.state, self.message = "flaky", attributes(flat).get("message", "")

    def end_case(self) -> None:
        words, self.case = self.case, None
        if words is None:
            return
        time, scale = words.get("time", ""), 1.0
        if not time and "duration" in words:
            time, scale = words["duration"], 1000.0  # Sonar's are milliseconds
        seconds = float(time.replace(",", "")) / scale if len(time) < 40 and _SECONDS.match(time) else 0.0
        self.report.results.test(
            TestCase(
                suite=" > ".join(filter(None, self.suites))[:MAX_TEXT],
                owner=words.get("classname", words.get("class", ""))[:MAX_TEXT],
                name=words.get("name", "")[:MAX_TEXT],
                state=self.state,
                seconds=min(max(seconds, 0.0), 1e9),
                message=self.message[:MAX_TEXT],
                file=(words.get("file") or next((file for file in reversed(self.files) if file), ""))[
                    :MAX_TEXT
                ],
                line=line_of(whole(words.get("line")) or 0),
            )
        )


def parse(source: Source, report: ReportBuilder) -> None:
    """Read the tests of all suites. Raises `ParseError`."""
    safe_xml.parse(_printable(source.chunks()), _Reader(report).handlers(), report.warnings)


FORMAT = Format("junit", "JUnit XML", _matches, parse)
