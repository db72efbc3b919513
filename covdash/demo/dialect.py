"""How the lines of annotated Java, JavaScript, Go and C are told apart. PURE: patterns only, what they mean stands in `blocks.py`."""

from __future__ import annotations

import re

MARK = re.compile(r"\s*//@ ?(.*)$")
COMMENT = re.compile(r"\s*(?<!:)//.*$")
TYPE = re.compile(r"\b(class|interface|enum|struct|union)\b[^()]*\{$")
CONTROL = re.compile(r"(else if|if|else|for|while|switch|select|try|catch|finally)\b")
CLOSURE = re.compile(r"=> \{$|\bfunc\([^{]*\{$|\bfunction\b[^{]*\{$|-> \{$")
CASE = re.compile(r"(case\b.*|default):$")
ONE_LINE_IF = re.compile(r"if \(.*;$")
THEN = re.compile(r"\) ((?:return|throw|goto|continue|break)\b.*)$")
LEAVES = re.compile(r"(return|throw|goto|panic\()\b")
BREAKS = re.compile(r"(break|continue)\b")
NAME = re.compile(r"(?:const |let )?([\w$]+)(?: =)?(?: async)? ?\(")
CONTINUES = re.compile(r"([,(?:&|=]|(?<!\+)\+)$")

SILENT = ("import ", "package ", "#", "@", "static const ", ".")
"""Lines that hold no code of their own: declarations, annotations, the next link of a chain of calls."""


def strip(text: str) -> str:
    """Return `text` without its marks: the file as its repository has it."""
    return "".join(f"{MARK.sub('', line)}\n" for line in text.splitlines())
