"""Reports and source texts whose every name is nasty."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from tests.reliability.payloads import ATTRIBUTE, ELEMENT, ENDING, ESCAPES, LONG, NAMES, TEXTS

LINES = 12


RAW = (b"caf\xe9.c", b"\xff\xfe.c", b"\xed\xa0\x80.c", b"a b.c", b"<nasty-tag>.c")
"""Names that are no UTF-8, and some that are."""


def archive(texts: Mapping[bytes, bytes]) -> bytes:
    """Return a tar of texts; names are bytes, as git has them."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", encoding="utf-8", errors="surrogateescape") as tar:
        for name, text in texts.items():
            member = tarfile.TarInfo(name.decode("utf-8", "surrogateescape"))
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    return sink.getvalue()


def source(name: str) -> bytes:
    """Return a source text of `LINES` lines that are payloads."""
    rows = [
        f"def nasty():  # {name!r}",
        *TEXTS,
        "\tif x:\t\u2028y",
        "",
        "\u202e # ltr",
        "\x01\x7f",
        "é" * 500,
    ]
    return "\n".join(row.replace("\n", " ") for row in rows[:LINES]).encode()


def paths() -> list[str]:
    """Return the paths of the reports: directories and files with every name, and a long one."""
    return [*(f"src/{name}/{name}.py" for name in NAMES), *(f"{name}.py" for name in NAMES[:12]), LONG]


def listing() -> bytes:
    """Return the list of the files of the repository, as `git ls-files -z` prints it: all that any report names."""
    named = [
        path.encode("utf-8", "surrogateescape")
        for path in (*paths(), "src/a.py", "a b", "big/minified.js", "big/picture.png")
    ]
    named += [f"xml/{n}{text}.cs".encode() for n, text in enumerate(TEXTS)]
    return b"\0".join((*named, *(b"raw/" + name for name in RAW)))


def coverage_json(hits: int) -> bytes:
    """Return a report of coverage.py, which can name anything: lines, arms, functions of every path."""
    files = {
        path: {
            "executed_lines": list(range(1, hits + 1)),
            "missing_lines": list(range(hits + 1, LINES + 1)),
            "excluded_lines": [],
            "executed_branches": [[1, 2]],
            "missing_branches": [[1, -1], [2, 5]],
            "functions": {
                text: {"executed_lines": [], "missing_lines": [4], "excluded_lines": [], "start_line": 4}
                for text in (*TEXTS, path)
            },
        }
        for path in (*paths(), *ESCAPES)
    }
    return json.dumps(
        {"meta": {"format": 3, "version": "7.10.0", "branch_coverage": True}, "files": files}
    ).encode()


def lcov() -> bytes:
    """Return a tracefile: names of functions and arms, bytes that are no UTF-8, lines that are no records."""
    said = b"".join(
        b"SF:raw/%b\nFN:1,%b\nFNDA:0,%b\nBRDA:1,0,%b,0\nBRDA:1,0,1,3\nDA:1,3\nDA:2,0\nend_of_record\n"
        % (name, text.encode(), text.encode(), text.replace(",", ";").encode())
        for name, text in zip(
            RAW,
            (row for row in TEXTS if "\n" not in row),
            strict=False,
        )
    )
    return b"TN:" + ELEMENT.encode() + b"\n" + said + f"XX:{ENDING}\nDA:{ATTRIBUTE}\n".encode()


def cobertura() -> bytes:
    """Return a Cobertura report whose classes and sources are payloads."""
    rows = "".join(
        f"<class name={quoteattr(text)} filename={quoteattr(f'xml/{n}{text}.cs')}><methods>"
        f"<method name={quoteattr(text)} signature={quoteattr(text)}>"
        '<lines><line number="1" hits="0"/></lines></method></methods><lines><line number="1" hits="0" branch="true" '
        'condition-coverage="50% (1/2)"/></lines></class>'
        for n, text in enumerate(TEXTS)
    )
    return (
        f"<coverage version={quoteattr(ELEMENT)}><sources><source>{'/src'}</source></sources><packages>"
        f"<package name={quoteattr(ELEMENT)}><classes>{rows}</classes></package></packages></coverage>"
    ).encode()


def junit() -> bytes:
    """Return test results whose names and failures are payloads."""
    rows = "".join(
        f"<testcase classname={quoteattr(text)} name={quoteattr(text)} file={quoteattr(text)} time='0.5'>"
        f"<failure message={quoteattr(text)} type={quoteattr(text)}>{'&lt;nasty-tag&gt;'}</failure></testcase>"
        for text in (*TEXTS, *(name for name in NAMES if name.isprintable()))
    )
    return (
        f"<testsuites><testsuite name={quoteattr(ELEMENT)} tests='1'>{rows}</testsuite></testsuites>".encode()
    )


def stryker() -> bytes:
    """Return mutants whose texts and files are payloads."""
    place = {"start": {"line": 2, "column": 1}, "end": {"line": 2, "column": 9}}
    files = {
        f"src/{text}.js": {
            "language": ELEMENT,
            "source": f"{text}\n{text}\n",
            "mutants": [
                {"id": f"{text}{n}", "mutatorName": text, "replacement": text, "description": text,
                 "status": status, "statusReason": text, "location": place}
                for n, status in enumerate(("Survived", "NoCoverage", "Killed"))
            ],
        }
        for text in TEXTS
    }  # fmt: skip
    return json.dumps({"schemaVersion": "1", "thresholds": {"high": 80, "low": 60}, "files": files}).encode()


def one_megabyte_lines() -> tuple[bytes, dict[bytes, bytes]]:
    """Return a report of a file with lines of a megabyte and of a binary file, and their texts."""
    report = b"SF:big/minified.js\nDA:1,1\nDA:2,0\nend_of_record\nSF:big/picture.png\nDA:1,1\nDA:900,0\nend_of_record\n"
    wide = (b"var nasty='<nasty-tag>';" * 43_700)[: 1 << 20]
    return report, {b"big/minified.js": wide + b"\n" + wide, b"big/picture.png": bytes(range(256)) * 64}
