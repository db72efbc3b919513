"""Which format a report has, told from its first bytes alone. PURE; the name of the file is never asked.

Every format of the shelf says for itself whether a report is its own; exactly one may. What nobody claims gets a sentence that names
the way out where the kind is known.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence

from ingest import safe_xml
from ingest.json_head import outline
from ingest.parsing import Format, ParseError, Peek

HEAD = 64 * 1024
"""Bytes that detection looks at."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_EXPORT = "export it as a text report first"
_BINARY_KINDS = (
    (
        b"\x01\xc0\xc0",
        "a JaCoCo .exec file, which needs the class files; upload the XML report (jacocoTestReport, `jacoco:report`)",
    ),
    (
        b"\x81rforpl\xff",
        f"an LLVM .profraw file; {_EXPORT}: `llvm-profdata merge`, then `llvm-cov export --format=lcov`",
    ),
    (
        b"\xfflprofr\x81",
        f"an LLVM .profraw file; {_EXPORT}: `llvm-profdata merge`, then `llvm-cov export --format=lcov`",
    ),
    (b"\xfflprofi\x81", f"an LLVM .profdata file; {_EXPORT}: `llvm-cov export --format=lcov`"),
    (b"\x81iforpl\xff", f"an LLVM .profdata file; {_EXPORT}: `llvm-cov export --format=lcov`"),
    (b"adcg", "a GCC .gcda file; run `lcov --capture` or `gcovr --cobertura` and upload the result"),
    (b"gcda", "a GCC .gcda file; run `lcov --capture` or `gcovr --cobertura` and upload the result"),
    (b"oncg", "a GCC .gcno file; run `lcov --capture` or `gcovr --cobertura` and upload the result"),
    (b"gcno", "a GCC .gcno file; run `lcov --capture` or `gcovr --cobertura` and upload the result"),
    (
        b"\x00\x63\x76\x6d",
        "Go binary coverage data (covmeta); run `go tool covdata textfmt -i=DIR -o=cover.out`",
    ),
    (
        b"\x00\x63\x77\x6d",
        "Go binary coverage data (covcounters); run `go tool covdata textfmt -i=DIR -o=cover.out`",
    ),
    (b"\xca\xfe\xba\xbe", "a Java class file; upload the coverage report, not the build"),
    (b"\x7fELF", "a program; upload the coverage report, not the build"),
    (b"MZ", "a program; upload the coverage report, not the build"),
    (b"%PDF", "a PDF; upload the machine-readable report (Cobertura, LCOV, ...)"),
    (b"\x89PNG", "a picture; upload the machine-readable report (Cobertura, LCOV, ...)"),
)
_TEST_RESULTS = ("test-run", "assemblies", "TestRun", "test-results")
"""Roots of NUnit, xUnit.net and Visual Studio."""
_UTF8_TAIL = 3
_TEXT_SAMPLE = 4096
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def look(head: bytes) -> Peek:
    """Open the first bytes of a report once for all formats. Raises `ParseError` empty, binary, forbidden_xml, too_deep, ..."""
    if not head.strip():
        raise ParseError("empty", "the report is empty; look at the step that writes it")
    if head.startswith(b"SQLite format 3\0"):
        return Peek(head, "sqlite")
    for magic, what in _BINARY_KINDS:
        if head.startswith(magic):
            raise ParseError("binary", f"this is {what}")
    text = _decode(head)
    start = text.lstrip()[:1]
    if start == "<":
        return _look_at_xml(head, text)
    if start in ("{", "["):
        keys, first_keys = outline(text)
        if not keys and text.strip() in ("{}", "[]"):
            raise ParseError("empty", "the report is an empty JSON document; look at the step that writes it")
        return Peek(head, "json", text, json_keys=keys, json_first_keys=first_keys)
    return Peek(head, "text", text)


def detect(peek: Peek, formats: Sequence[Format], *, wanted: str | None = None) -> tuple[Format, str]:
    """Return the format of a report and the evidence in words; `wanted` is the name that the sender gave.

    Raises `ParseError`: format_mismatch, ambiguous_format, unknown_format.
    """
    claims = [(book, evidence) for book in formats if (evidence := book.matches(peek))]
    if wanted is not None:
        return _override(wanted, claims, formats)
    if len(claims) == 1:
        return claims[0]
    if claims:
        named = " and ".join(f"{book.name} ({evidence})" for book, evidence in claims)
        raise ParseError("ambiguous_format", f"more than one format fits: {named}; say which with `format`")
    raise ParseError("unknown_format", f"{_what_it_is(peek)}; {_readable(formats)}")


def _override(
    wanted: str, claims: Iterable[tuple[Format, str]], formats: Sequence[Format]
) -> tuple[Format, str]:
    for book, evidence in claims:
        if book.name == wanted:
            return book, evidence
    if wanted not in [book.name for book in formats]:
        raise ParseError("unknown_format", f"there is no format {wanted!r}; {_readable(formats)}")
    looks = ", ".join(f"{book.name} ({evidence})" for book, evidence in claims)
    seen = f"it looks like {looks}" if looks else "its first bytes say otherwise"
    raise ParseError(
        "format_mismatch",
        f"the report was sent as {wanted}, but {seen}; leave `format` out to have it told by content",
    )


def _readable(formats: Iterable[Format]) -> str:
    return f"formats that are read: {', '.join(sorted(book.name for book in formats))}"


def _decode(head: bytes) -> str:
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return head[len(bom) :].decode(encoding, "replace")
    if head[:4] in (b"<\0?\0", b"<\0c\0", b"\0<\0?", b"\0<\0c"):
        return head.decode("utf-16-le" if head[:1] == b"<" else "utf-16-be", "replace")
    if b"\0" in head:
        raise ParseError(
            "binary", "the file holds NUL bytes, so it is not a text report", f"byte {head.index(0)}"
        )
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(head) - _UTF8_TAIL:
            return head[: error.start].decode("utf-8")
    sample = head[:_TEXT_SAMPLE]
    if len(_CONTROL.findall(sample)) * 20 > len(sample):
        raise ParseError("binary", "the file is not text: too many control characters for a report")
    return head.decode("latin-1")


def _look_at_xml(head: bytes, text: str) -> Peek:
    if re.match(r"\s*<(!doctype\s+html|html)\b", text, re.IGNORECASE):
        page = re.search(r"<title>\s*([^<]{1,80})|<body[^>]*>\s*([^<]{1,80})", text, re.IGNORECASE)
        said = f" ({(page[1] or page[2]).strip()!r})" if page else ""
        raise ParseError(
            "unknown_format",
            f"this is an HTML page{said}, perhaps an error page that was saved as the report",
        )
    root, attributes, child = safe_xml.peek(head)
    if not root and len(head) >= HEAD:
        raise ParseError("unknown_format", "no root element within the first 64 KiB of the XML")
    return Peek(head, "xml", text, xml_root=root, xml_attributes=attributes, xml_child=child)


def _what_it_is(peek: Peek) -> str:
    if peek.kind == "sqlite":
        return "a SQLite database without the tables of coverage.py"
    if peek.kind == "xml":
        if peek.xml_root in _TEST_RESULTS:
            return (
                f"<{peek.xml_root}> holds test results in a form that is not read; export them as JUnit XML"
            )
        return (
            f"no known format has the root element <{peek.xml_root[:100]}>"
            if peek.xml_root
            else "XML without a root element"
        )
    if peek.kind == "json":
        return f"no known format is JSON with these keys: {', '.join(peek.json_keys[:5]) or 'none'}"[:300]
    return "no known format starts like this"
