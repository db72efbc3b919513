r"""Rules for reported paths: rewritings (a prefix, or a regular expression) and what is left out, with the reason. PURE.

People write the expressions and strangers the paths, in a worker and in a web process that nobody wants to wait for. So an expression
is parsed when it is saved, and refused when it could take long: single characters may repeat, groups may not; at most one repetition
may reach over what follows it (`.*/`), all others must end where they have to (`[^/]+/`); there is no looking around and no
reference back. What remains is matched once, at the beginning of a path of at most 260 characters: some microseconds, at worst 50.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from covdash.coverage.globs import PatternError, Patterns, matcher

MAX_FIND = 500
"""Characters of a prefix, an expression or a replacement."""
MAX_MATCHED = 260
"""Characters of a path that expressions look at; a longer path is left as it is."""
MAX_EXPRESSIONS = 10
MAX_CHOICES = 32
"""Ways through alternatives and optional parts, all multiplied."""
_BEYOND = 256
_ALL = frozenset(range(_BEYOND + 1))
# The parser of `re` itself: it alone knows what an expression means to the engine.
_parser: Any = import_module("re._parser")
_SINGLE = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN"})
_CATEGORIES = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}


class RuleError(ValueError):
    """A rule that cannot be used, with the reason."""


@dataclass(frozen=True, slots=True)
class Rewriting:
    """One rewriting: `find` at the beginning of a path becomes `to`, the rest stays. `kind` is prefix or regex."""

    kind: str
    find: str
    to: str
    pattern: re.Pattern[str] | None = field(default=None, compare=False)

    def apply(self, path: str) -> str | None:
        """Return the rewritten path, or None when the rule does not apply; `path` is plain (`places.plain`)."""
        if self.pattern is not None:
            found = self.pattern.match(path) if len(path) <= MAX_MATCHED else None
            return None if found is None else _joined(found.expand(self.to), path[found.end() :])
        if not self.find:
            return None if path.startswith(("/", "../")) else _joined(f"{self.to}/", path)
        if path != self.find and not path.startswith(f"{self.find.rstrip('/')}/"):
            return None
        rest = path[len(self.find.rstrip("/")) :].lstrip("/")
        return _joined(f"{self.to}/" if self.to else "", rest)

    @property
    def words(self) -> str:
        """The rule in short: `/app -> src`."""
        return f"{self.find or '(any relative path)'} \N{RIGHTWARDS ARROW} {self.to or '(nothing)'}"


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of a project, in order. `digest` tells one set of rules from another; "" is no rules at all."""

    rewritings: tuple[Rewriting, ...] = ()
    ignored: tuple[tuple[Patterns, str], ...] = ()
    digest: str = ""

    def rewrite(self, path: str) -> tuple[str, Rewriting] | None:
        """Return what the first rule that applies makes of `path`, and that rule."""
        for rule in self.rewritings:
            made = rule.apply(path)
            if made is not None:
                return made, rule
        return None

    def ignore(self, path: str) -> str:
        """Return why a file of the repository is left out, or ""."""
        return next((why for patterns, why in self.ignored if patterns.matches(path)), "")


def rewriting(*, kind: str, find: str, to: str) -> Rewriting:
    """Check and compile a rewriting. Raises `RuleError`."""
    for text in (find, to):
        if len(text) > MAX_FIND:
            raise RuleError(f"a rule may have {MAX_FIND} characters")
        if "\0" in text:
            raise RuleError("a rule cannot hold a NUL character")
    if kind == "regex":
        return Rewriting(kind, find, to, _expression(find, to))
    return Rewriting(kind, _prefix(find), _prefix(to))


def ignoring(*, paths: Sequence[str], reason: str) -> tuple[Patterns, str]:
    """Check and compile a rule that leaves files out. Raises `RuleError`."""
    try:
        patterns = matcher(paths)
    except PatternError as error:
        raise RuleError(str(error)) from error
    return patterns, f"ignored: {reason.strip() or ', '.join(paths)}"[:1000]


def _prefix(text: str) -> str:
    """Return a prefix as plain paths have it: forward slashes, no drive, no slash at the end."""
    text = text.strip().replace("\\", "/")
    text = text[2:] if re.match(r"^[A-Za-z]:/", text) else text
    if not text:
        return ""
    plain = posixpath.normpath(text)
    plain = f"/{plain.lstrip('/')}" if plain.startswith("/") else plain
    return "" if plain == "." else plain


def _joined(head: str, rest: str) -> str:
    made = posixpath.normpath(f"{head}{rest}") if head or rest else ""
    made = f"/{made.lstrip('/')}" if made.startswith("/") else made
    return "" if made == "." else made


def _expression(find: str, to: str) -> re.Pattern[str]:
    if not find:
        raise RuleError(
            "an expression must say something; for a prefix before every path use the kind prefix"
        )
    try:
        tree = _parser.parse(find)
        if tree.state.flags & ~re.UNICODE:
            raise RuleError("an expression cannot set flags")
        _Bounds().check(tree)
        pattern = re.compile(find, re.DOTALL)
        pattern.sub(to, "")  # compiles the replacement
    except (re.error, IndexError, OverflowError, RecursionError) as error:
        raise RuleError(f"the expression cannot be read: {error}") from error
    return pattern


class _Bounds:
    """Walks a parsed expression and refuses what could take long."""

    def __init__(self) -> None:
        self.loose = 0
        self.choices = 1

    def check(self, tree: Any) -> None:
        """Raise `RuleError` when the number of ways through the expression is not small."""
        self._sequence(list(tree), frozenset())
        if self.loose > 1:
            raise RuleError(
                "more than one repetition may reach over what follows it, which can take very long; "
                "let all but one end at the next slash: write [^/]+/ for .*/"
            )
        if self.choices > MAX_CHOICES:
            raise RuleError(f"there are more than {MAX_CHOICES} ways through its alternatives")

    def _sequence(self, items: list[Any], after: frozenset[int]) -> None:
        for number, item in enumerate(items):
            follows = _first(items[number + 1 :], after)
            self._item(str(item[0]), item[1], follows)

    def _item(self, op: str, value: Any, follows: frozenset[int]) -> None:
        if op in _SINGLE or op == "AT":
            return
        if op == "SUBPATTERN":
            _, added, removed, inner = value
            if added or removed:
                raise RuleError("an expression cannot set flags")
            self._sequence(list(inner), follows)
        elif op == "BRANCH":
            self.choices *= len(value[1])
            for branch in value[1]:
                self._sequence(list(branch), follows)
        elif op in {"MAX_REPEAT", "MIN_REPEAT"}:
            self._repeat(value, follows)
        else:
            raise RuleError(
                "looking around, references back, conditions, atomic groups and possessive repetitions cannot be used"
            )

    def _repeat(self, value: tuple[int, int, Any], follows: frozenset[int]) -> None:
        least, most, inner = value
        items = list(inner)
        if most == 1:
            self.choices *= 2
            self._sequence(items, follows)
            return
        if len(items) != 1 or str(items[0][0]) not in _SINGLE:
            raise RuleError("a group cannot be repeated, only a single character or a class such as [^/]+")
        if least != most and _characters(items[0]) & follows:
            self.loose += 1


def _first(items: list[Any], after: frozenset[int]) -> frozenset[int]:
    """Return the characters that what follows can begin with (0..255, and 256 for all others)."""
    found: frozenset[int] = frozenset()
    for op, value in items:
        name = str(op)
        if name == "AT":
            # At the end nothing follows; and where a repetition gives a character back, it is not the end.
            return found
        chars, may_be_empty = _begins(name, value)
        found |= chars
        if not may_be_empty:
            return found
    return found | after


def _begins(name: str, value: Any) -> tuple[frozenset[int], bool]:
    if name in _SINGLE:
        return _characters((name, value)), False
    if name == "SUBPATTERN":
        return _of_sequence(list(value[3]))
    if name == "BRANCH":
        parts = [_of_sequence(list(branch)) for branch in value[1]]
        return frozenset().union(*(chars for chars, _ in parts)), any(empty for _, empty in parts)
    if name in {"MAX_REPEAT", "MIN_REPEAT"}:
        chars, empty = _of_sequence(list(value[2]))
        return chars, empty or value[0] == 0
    return _ALL, True


def _of_sequence(items: list[Any]) -> tuple[frozenset[int], bool]:
    mark = frozenset({-1})
    found = _first(items, mark)
    return found - mark, bool(found & mark)


def _characters(item: tuple[Any, Any]) -> frozenset[int]:
    """Return what a single-character item matches, a little too much where that is not known."""
    name, value = str(item[0]), item[1]
    if name == "ANY":
        return _ALL
    if name == "LITERAL":
        return frozenset({min(value, _BEYOND)})
    if name == "NOT_LITERAL":
        return _ALL - ({value} if value < _BEYOND else set())
    negated = str(value[0][0]) == "NEGATE"
    found: set[int] = set()
    for kind, what in value[1:] if negated else value:
        if str(kind) == "RANGE":
            low, high = what
            found.update(range(min(low, _BEYOND), min(high, _BEYOND) + 1))
        elif str(kind) == "LITERAL":
            found.add(min(what, _BEYOND))
        else:
            found |= _category(str(what))
    return (_ALL - found) | {_BEYOND} if negated else frozenset(found)


def _category(name: str) -> set[int]:
    words = name.removeprefix("CATEGORY_").removeprefix("UNI_")
    plain = _CATEGORIES.get(words.removeprefix("NOT_"))
    if plain is None:
        return set(_ALL)
    chars = {code for code in range(_BEYOND) if re.match(plain, chr(code))}
    return (set(range(_BEYOND)) - chars if words.startswith("NOT_") else chars) | {_BEYOND}
