"""The keys of arms, and words for them: which way of a decision never ran. PURE.

An arm is identified inside a file by (line, key). The key is what the format gives, in one of these forms:

    -> 37             jump to line 37                         coverage.py (JSON, Cobertura, LCOV, data file)
    exit              leaves the function or module           coverage.py; `exit 2` is the second exit of a line that has several
    true | false      outcome of a condition                  Clover
    if:then@12:4      one way of the branch at line 12, column 4: kind ":" way "@" line ":" column      Istanbul
                      kinds and ways: if then|else, cond-expr then|else, binary-expr and switch by number from 1, default-arg,
                      branch (a block of V8), cond true|false (LLVM); `#2` is appended where a file has several alike
    0,1               block 0, branch 1                       LCOV with numbers
    0,jump to line 37 block 0, branch as text                 LCOV of lcov 2.x, llvm2lcov

The keys of a condition (MC/DC) are `<decision size>,<index>,<t|f>,<expression>` (LCOV, gcov), else words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

_JUMP = re.compile(r"-> (\d+)\Z")
_EXIT = re.compile(r"exit(?: (\d+))?\Z")
_PLACED = re.compile(r"([a-z-]+):([^@]*)@(\d+):(\d+)(?:#\d+)?\Z")
_NUMBERED = re.compile(r"(\d+),(\d+)\Z")
_TEXT = re.compile(r"\d+,(.+)\Z", re.DOTALL)
_TEXT_JUMP = re.compile(r"(?:jump to|return|exit|run|execute|continue|raise|end|finish)\b")
_SAID_JUMP = re.compile(r"jump to line (\d{1,8})\Z")
_SAID_EXIT = re.compile(
    r"(?:return from function '|except from function '|exit class '"
    r"|(?:exit the module|exit|jump to the function exit)\Z)"
)
_EDGE = re.compile(r"(\d+) -> (\d+)\Z")
_LINES = (
    re.compile(r"(-> )(\d+)\Z"),
    re.compile(r"([a-z-]+:[^@]*@)(\d+)(:\d+(?:#\d+)?\Z)"),
    re.compile(r"(\d+,jump to line )(\d{1,8})\Z"),
    re.compile(r"(\d+-)(\d+)(\.\d+(?:#\d+)?\Z)"),
    re.compile(r"()(\d+)(:\d+(?:-| to ))(\d+)(:\d+\Z)"),
)
"""Keys that hold line numbers, which are every second group: jumps, places, and the spans of blocks, statements and regions."""
_WAYS = {
    ("if", "then"): "then",
    ("if", "else"): "else",
    ("cond-expr", "then"): "the value if true",
    ("cond-expr", "else"): "the value if false",
    ("default-arg", ""): "the default value",
    ("branch", ""): "the block",
    ("cond", "true"): "the condition being true",
    ("cond", "false"): "the condition being false",
}

KINDS = {
    "if-true": "condition true",
    "else": "condition false, else",
    "case": "case",
    "catch": "exception caught",
    "loop-run": "loop entered",
    "loop-skip": "loop skipped or ended",
    "short-circuit": "operand of and, or",
    "default": "default argument",
    "block": "block",
    "exit": "leaves the function",
    "jump": "jump to a line",
    "number": "only a number",
    "other": "in words of its tool",
    "counted": "only counted",
}
"""Kinds of arms with their titles. Which decision a number means the format does not say; of what is only counted nothing is known."""
_KIND_OF = {
    "if": ("if-true", "else"), "elif": ("if-true", "else"), "case": ("case", "else"), "except": ("catch", "else"),
    "while": ("loop-run", "loop-skip"), "for": ("loop-run", "loop-skip"), "async for": ("loop-run", "loop-skip"),
}  # fmt: skip
"""How a line of Python begins -> kinds of the arms that lead into its block and past it."""
_HEADER = re.compile(r"\s*(async for|[a-z]+)\b")
_CLOSED = re.compile(r"[^#]*:\s*(?:#.*)?\Z")
_KIND_NAMED = {
    "switch": "case", "binary-expr": "short-circuit", "default-arg": "default", "branch": "block",
    "true": "if-true", "then": "if-true", "false": "else", "else": "else",
    "when": "case", "in": "case", "while": "loop-run", "until": "loop-run", "body": "loop-run",
}  # fmt: skip
"""What formats call decisions (Istanbul, V8) and ways (Istanbul, LLVM, Clover, tarpaulin; Ruby's, which SimpleCov writes) -> kind."""


def jump(line: int) -> str:
    """Return the key of a jump of coverage.py to `line`."""
    return f"-> {line}"


def leave(nth: int = 1) -> str:
    """Return the key of the `nth` exit of a line, in the order of the lines where the scopes start that are left, last one first.

    That order is coverage.py's own (it writes exits as negative line numbers, sorted), so that all its formats give one arm one key.
    """
    return "exit" if nth == 1 else f"exit {nth}"


def jumps(targets: Iterable[int]) -> dict[int, str]:
    """Return the key of each way out of one line; a target that is not positive is an exit."""
    keys: dict[int, str] = {}
    exits = 0
    for target in sorted(set(targets)):
        exits += target <= 0
        keys[target] = jump(target) if target > 0 else leave(exits)
    return keys


def target_of(words: str) -> int | None:
    """Return the line that coverage.py's words for an arm jump to, 0 for those of an exit, None for other words."""
    if found := _SAID_JUMP.match(words):
        return int(found[1])
    return 0 if _SAID_EXIT.match(words) else None


def name(key: str) -> str:
    """Return what the arm is called, as a noun: `jump to line 37`, `else`, `case 2`, `arm 1 of block 0`."""
    if found := _JUMP.match(key):
        return f"jump to line {found[1]}"
    if found := _EXIT.match(key):
        return f"exit ({found[1]})" if found[1] else "exit"
    if found := _PLACED.match(key):
        return _placed(*found.groups())
    if found := _NUMBERED.match(key):
        return f"arm {found[2]} of block {found[1]}"
    if found := _TEXT.match(key):
        edge = _EDGE.match(found[1])
        return f"edge from block {edge[1]} to {edge[2]}" if edge else found[1]
    return key


def words(key: str) -> str:
    """Return the sentence fragment for an arm that never ran: `jump to line 37 never taken`, `else never ran`, `case 2 never ran`."""
    called = name(key)
    if (
        _JUMP.match(key)
        or _EXIT.match(key)
        or called.startswith(("arm ", "edge "))
        or _TEXT_JUMP.match(called)
    ):
        return f"{called} never taken"
    if key in ("true", "false"):
        return f"never {key}"
    if _PLACED.match(key):
        return f"{called} never ran"
    return f"“{called}” never taken"


def kind(key: str, line: int = 0, text: Sequence[str] = ()) -> str:
    """Return the kind of an arm of `line`, one of `KINDS`: as the key tells it, and for jumps of coverage.py the source, if known.

    There a jump to a line that stands deeper leads into the block that the line opens. Any other leads past it, if the line ends with
    its colon: after that nothing of the block stands on the line itself. Else it stays a jump, or an exit.
    """
    target = _target(key)
    if isinstance(target, str):
        return target
    into, past, depth, closed = _opened(text[line - 1]) if 0 < line <= len(text) else ("", "", 0, False)
    if line < target <= len(text) and _depth(text[target - 1]) > depth:
        past = into
    elif not closed:
        past = ""
    return past or ("jump" if target else "exit")


def moved(key: str, to_new: Callable[[int], int]) -> str | None:
    """Return `key` (of an arm, statement or region) after its file changed, None if a line that it names is gone.

    `to_new` maps a line number, to 0 when the line is gone. Keys that name no line stay as they are.
    """
    parts = [*_lines_in(key)]
    for at in range(1, len(parts), 2):
        line = to_new(int(parts[at]))
        if not line:
            return None
        parts[at] = str(line)
    return "".join(parts) if parts else key


@lru_cache(maxsize=8192)
def _lines_in(key: str) -> tuple[str, ...]:
    """Return the parts of a key, of which every second is a number of a line; nothing for a key that holds none."""
    return next((found.groups() for form in _LINES if (found := form.match(key))), ())


def missed(named: Iterable[tuple[str, int]], covered: int, total: int) -> list[str]:
    """Return the keys of the arms of a line that certainly never ran.

    `named` are (key, hits) of the arms that have a name, `covered` of `total` the counts of the line. Cobertura names only the arms
    that one upload missed: after a merge an arm may be named as missed although another upload took it. The counts betray that: only
    when exactly as many are named as missed as the counts leave over did every upload miss the same ones. Else nothing is returned.
    """
    never = [key for key, hits in named if hits == 0]
    return never if len(never) == total - covered else []


@lru_cache(maxsize=8192)
def _target(key: str) -> int | str:
    """Return the line that an arm jumps to, 0 for an exit; its kind, where the key tells that."""
    if found := _PLACED.match(key):
        return _KIND_NAMED.get(found[1]) or _KIND_NAMED.get(found[2], "other")
    if _NUMBERED.match(key):
        return "number"
    text = _TEXT.match(key)
    said = text[1] if text else key
    if found := _JUMP.match(said):
        return int(found[1])
    if _EXIT.match(said):
        return 0
    target = target_of(said)
    return _KIND_NAMED.get(key.partition(" (")[0], "other") if target is None else target


@lru_cache(maxsize=8192)
def _opened(header: str) -> tuple[str, str, int, bool]:
    """Return the kinds of the arms into the block that a line of Python opens and past it, its depth, and whether a colon ends it."""
    found = _HEADER.match(header)
    into, past = _KIND_OF.get(found[1], ("", "")) if found else ("", "")
    return into, past, _depth(header), _CLOSED.match(header) is not None


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _placed(kind: str, way: str, line: str, column: str) -> str:
    if said := _WAYS.get((kind, way)):
        called = said
    elif kind == "switch":
        called = f"case {way}"
    elif kind == "binary-expr":
        called = f"operand {way}"
    else:
        called = f"{way or 'way'} of {kind}"
    return f"{called} at {line}:{int(column) + 1}"
