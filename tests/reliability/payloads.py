"""Names and texts that break things, and the proof that a page took none of them for markup.

Every payload that tries to be markup makes an element or an attribute whose name begins with `nasty` or `on`, or an address that is a
script. A page of covdash has none of these of its own, so whatever `injected` finds came from a payload.
"""

from __future__ import annotations

from html.parser import HTMLParser

ELEMENT = "<nasty-tag onnasty=1>"
ATTRIBUTE = "\" ' onnasty='1' nasty=\"1"
ENDING = "--></script></style></textarea></title><nasty-tag>"
SCRIPT = "<script>nasty()</script>"
ADDRESS = "javascript:nasty()//"
RIGHT_TO_LEFT = "\u202egnp.\u2066exe\u200f"

NAMES = (
    "a space",
    " both ends ",
    "100%",
    "%2e%2e%2f",
    "%",
    "hash#tag",
    "what?is=it&so=on",
    "plus+and&amp;",
    SCRIPT.replace("/", "\N{DIVISION SLASH}"),
    ELEMENT,
    ATTRIBUTE,
    ADDRESS.rstrip("/"),
    RIGHT_TO_LEFT,
    "\N{SNAKE}\N{ZERO WIDTH JOINER}\N{FIRE}",
    "e\u0301\u0301\u0301\u0301\u0301",
    "{{ 7*7 }}{% now %}",
    "back\\slash",
    "C:\\temp\\x",
    "semi;colon,comma",
    "-",
    "--help",
    "~",
    "...",
    "new\nline",
    "tab\tulator\x1b[31m",
    "\ufeffmark",
    "$(nasty)`nasty`",
    "'; DROP TABLE reports_upload; --",
)
"""Names of one segment. A slash would make two of them."""

LONG = "/".join(["long" * 50] * 20) + "/" + "end" * 20
"""A path of four kilobytes."""

ESCAPES = (
    "../outside.py",
    "a/../../outside.py",
    "/etc/passwd",
    "//double//slash.py",
    "./dot/./x.py",
    "nul\0byte.py",
)
"""Paths that want to be elsewhere."""

TEXTS = (
    ELEMENT,
    ATTRIBUTE,
    ENDING,
    SCRIPT,
    ADDRESS,
    f"{RIGHT_TO_LEFT} %00 %s {{}} \\ {ELEMENT}",
    f"two\nlines {ELEMENT}",
)
"""Sayings for fields that take any text."""

WORDS = (
    *NAMES,
    *TEXTS,
    *ESCAPES,
    "",
    "\0",
    "0",
    "-1",
    "1e999",
    "9" * 40,
    "x" * 4096,
    "\ud800".encode("utf-8", "replace").decode(),
    "²",
    "\u0661",
)
"""Values for a word of the query string."""


class _Markup(HTMLParser):
    """Collects what no page of covdash says by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        words = dict(attrs)
        if tag.startswith("nasty"):
            self.found.append(f"<{tag}>")
        if tag == "script" and not (words.get("src") or words.get("type") == "application/json"):
            self.found.append("<script> without an address")
        for name, value in attrs:
            said = "".join((value or "").split()).lower()
            if name.startswith(("nasty", "on")):
                self.found.append(f"<{tag} {name}>")
            elif name in {"href", "src", "action", "formaction", "xlink:href"} and said.startswith(
                ("javascript:", "data:", "vbscript:")
            ):
                self.found.append(f"<{tag} {name}={said[:40]}>")
            elif name in {"style", "srcdoc"}:
                self.found.append(f"<{tag} {name}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)


def injected(page: str) -> list[str]:
    """Return the elements, attributes and addresses of a page that a payload must have put there; none is right."""
    markup = _Markup()
    markup.feed(page)
    markup.close()
    return markup.found
