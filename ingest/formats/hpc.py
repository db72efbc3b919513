"""Haskell's hpc: `.tix` (counts) with the `.mix` files (places) in one archive, or the summary of `hpc report --xml-output`. PURE.

Source: GHC's `Trace.Hpc`. Counts and places are joined by the hash of the module. A boolean box is one way of a decision, a top-level
box a function, an expression box a region; a line ran if a box on it did, and is partial if another did not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from covdash.coverage.report import ReportBuilder
from ingest import safe_xml, text_lines
from ingest.numbers import whole
from ingest.parsing import Format, ParseError, Peek, Source
from ingest.safe_xml import Handlers, attributes
from ingest.spans import Spans

_TIX = re.compile(r"\s*Tix\s*\[")
_MIX = re.compile(r'\s*Mix\s+"((?:[^"\\]|\\.)*)"\s[^\[\]]*?\s(\d+)\s+\d+\s+\[')
_MODULE = re.compile(r'TixModule\s+"((?:[^"\\]|\\.)*)"\s+(\d+)\s+(\d+)\s+\[([\d,\s]*)\]')
_BOX = re.compile(
    r"\((\d{1,9}):(\d+)-(\d{1,9}):(\d+),\s*(?:(ExpBox) \w+|(TopLevelBox|LocalBox) \[([^\]]*)\]|BinBox (\w+) (True|False))\)"
)
_ADVICE = "send the .tix file and its .mix files (the folder .hpc) in one archive"


def _matches(peek: Peek) -> str | None:
    if peek.kind == "text" and (_TIX.match(peek.text) or _MIX.match(peek.text)):
        return "text that begins with `Tix [`" if _TIX.match(peek.text) else 'text that begins with `Mix "`'
    if peek.xml_root == "coverage" and peek.xml_child == "summary":
        return "root `<coverage>` with `<summary>`"
    return None


def parse(source: Source, report: ReportBuilder) -> None:
    """Read counts with their places, or a summary. Raises `ParseError`."""
    report.producer = "hpc"
    counts: dict[str, tuple[str, list[int]]] = {}
    places: dict[str, tuple[str, str]] = {}
    summaries = 0
    for name, data in source.parts():
        text = text_lines.decode(b"".join(text_lines.blocks([data], report.warnings)), report.warnings)
        if text.lstrip()[:1] == "<":
            summaries += 1
            safe_xml.parse([data], Handlers(_summary(report)), report.warnings)
            continue
        if found := _MIX.match(text):
            places[found[2]] = (found[1], text[found.end() :])
        else:
            counts.update(_modules(text, name))
    for digest, (path, boxes) in places.items():
        if digest in counts:
            _join(path, boxes, counts[digest][1], report)
    if alone := [module for digest, (module, _) in counts.items() if digest not in places]:
        report.warnings.add(
            "needs_sources", f"module {alone[0]}: counts without places; {_ADVICE}", len(alone)
        )
    if places and not counts:
        report.warnings.add(
            "needs_sources",
            f"{next(iter(places.values()))[0]}: places without counts; {_ADVICE}",
            len(places),
        )
    if summaries:
        report.warnings.add("totals_only", f"a summary of hpc holds no lines; {_ADVICE}", summaries)


def _modules(text: str, name: str) -> Iterator[tuple[str, tuple[str, list[int]]]]:
    if not text.rstrip().endswith("]"):
        raise ParseError(
            "truncated", f"{name} ends in the middle of a module: the file was cut off; send it again whole"
        )
    for found in _MODULE.finditer(text):
        numbers = [whole(word) or 0 for word in found[4].split(",") if word.strip()]
        if len(numbers) != (whole(found[3]) or 0):
            raise ParseError(
                "malformed", f"module {found[1][:100]} says {found[3]} counts and holds {len(numbers)}", name
            )
        yield found[2], (found[1], numbers)


def _join(path: str, boxes: str, counts: list[int], report: ReportBuilder) -> None:
    file = report.file(path.removeprefix("./"))
    file.measures("branches", "functions")
    spans = Spans(report.warnings)
    found = list(_BOX.finditer(boxes))
    if len(found) != len(counts):
        report.warnings.add(
            "bad_record", f"{path}: {len(found)} places and {len(counts)} counts; only those of both are used"
        )
    for box, hits in zip(found, counts, strict=False):
        first, last = int(box[1]), int(box[3])
        if box[5]:
            spans.add(first, last, hits)
            file.named("regions", first, f"{box[1]}:{box[2]}-{box[3]}:{box[4]}", hits)
        elif box[6] == "TopLevelBox":
            names = re.findall(r'"([^"]*)"', box[7])
            file.function(".".join(names), first, last, hits)
        elif box[8]:
            file.named("branches", first, f"cond:{box[9].lower()}@{first}:{max(int(box[2]) - 1, 0)}", hits)
    spans.close(file)


def _summary(report: ReportBuilder) -> dict[str, safe_xml.Start]:
    def declares(kind: str) -> safe_xml.Start:
        def start(flat: list[str]) -> None:
            words = attributes(flat)
            covered, total = whole(words.get("count")), whole(words.get("boxes"))
            if covered is not None and total is not None:
                report.declare(kind, min(covered, total), total)

        return start

    return {"exprs": declares("regions"), "toplevel": declares("functions")}


FORMAT = Format("hpc", "Haskell hpc", _matches, parse, joins=True)
