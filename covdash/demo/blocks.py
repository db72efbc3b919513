"""What tests ran in a file of a language with braces: a small interpreter of annotated Java, JavaScript, Go and C. PURE.

No compiler of these languages is at hand, so their sources say themselves which test enters which block, how often:

    public void refund(Payment payment) {       //@ refund_ok*3 refund_twice
        if (payment.refunded()) {               //@ refund_twice
            throw new AlreadyRefunded();
        }                                       the rest runs three times: who leaves does not come back
        return paid ? "yes" : "no";             //@ refund_ok*2 | refund_ok      arms of an expression

A function or case without a mark never runs, any other block runs as often as what surrounds it; `//@ -` means never. Counts follow
the flow: `else` gets what `if` leaves over, nothing runs after a `return`. The dialect: one statement a line, a brace opens at the end
of a line. `measure` gives everything that a report format of these languages wants to know; the writers choose.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import count

from covdash.demo.measured import Decision, Measured, Routine, Statement, Stretch

_MARK = re.compile(r"\s*//@ ?(.*)$")
_COMMENT = re.compile(r"\s*(?<!:)//.*$")
_TYPE = re.compile(r"\b(class|interface|enum|struct|union)\b[^()]*\{$")
_CONTROL = re.compile(r"(else if|if|else|for|while|switch|select|try|catch|finally)\b")
_CLOSURE = re.compile(r"=> \{$|\bfunc\([^{]*\{$|\bfunction\b[^{]*\{$|-> \{$")
_CASE = re.compile(r"(case\b.*|default):$")
_ONE_LINE_IF = re.compile(r"if \(.*\) [^{]*;$")
_LEAVES = re.compile(r"(return|throw|goto|panic\()\b")
_BREAKS = re.compile(r"(break|continue)\b")
_NAME = re.compile(r"(?:const |let )?([\w$]+)(?: =)?(?: async)? ?\(")
_CONTINUES = re.compile(r"([,(+?:&|=]|&&|\|\|)$")

Flow = Counter[str]
"""How often each test passes."""


@dataclass(slots=True)
class _Frame:
    kind: str
    line: int
    flow: Flow
    runs: bool
    back: Flow = field(default_factory=Counter)
    """What left the function for good inside of here."""
    rest: Flow = field(default_factory=Counter)
    """if, switch: what none of the arms so far has taken."""
    after: Flow = field(default_factory=Counter)
    """if, switch: what comes out of the arms so far."""
    decision: Decision | None = None
    header: Statement | None = None
    routine: Routine | None = None
    stretch: Stretch | None = None


def strip(text: str) -> str:
    """Return `text` without its marks: the file as its repository has it."""
    return "".join(f"{_MARK.sub('', line)}\n" for line in text.splitlines())


def measure(text: str, tests: frozenset[str], *, script: bool = False) -> Measured:
    """Return what ran in `text`, a file with marks, when `tests` ran.

    `script`: statements outside of functions are code too (JavaScript); they run once when any test comes by.
    Raises ValueError when a mark says that more tests enter a block than come by.
    """
    return _Reader(text, tests, script=script).read()


class _Reader:
    def __init__(self, text: str, tests: frozenset[str], *, script: bool) -> None:
        self.lines = text.splitlines()
        self.tests = tests
        self.found = Measured(strip(text))
        self.frames = [_Frame("root", 0, self._loaded(), runs=script)]
        self.number = 0
        self.closures = count(1)

    def read(self) -> Measured:
        commented = depth = 0
        for number, line in enumerate(self.lines, 1):
            self.number = number
            mark = _MARK.search(line)
            code = _COMMENT.sub("", line[: mark.start()] if mark else line).rstrip()
            words = code.strip()
            if commented or words.startswith("/*"):
                commented = "*/" not in words
            elif words and not depth:
                depth = self._line(words, len(code) - len(words), mark[1] if mark else None)
            elif words:
                depth = self._depth(words, depth)
        if len(self.frames) != 1:
            raise ValueError(f"line {self.frames[-1].line}: this block is never closed")
        return self.found

    def _line(self, words: str, column: int, mark: str | None) -> int:
        """Read one line of code; return 1 if its statement goes on in the next line."""
        if self.frames[-1].kind == "case" and (_CASE.match(words) or words.startswith("}")):
            self._close(column)
        while words.startswith("}"):
            words = words[1:].lstrip()
            self._close(column + 1, goes_on=words.startswith(("else", "catch", "finally")))
        words = words.lstrip(");, ")
        if not words:
            return 0
        column = self.lines[self.number - 1].index(words)
        if self.frames[-1].kind == "switch" and _CASE.match(words):
            self._open_case(column, mark, default=words.startswith("default"))
        elif words.endswith("{"):
            self._open(words, column, mark)
        elif self.frames[-1].runs:
            return self._statement(words, column, mark)
        return 0

    def _depth(self, words: str, depth: int) -> int:
        if words.endswith("{"):
            self._open(words, 0, None)
            return 0
        return depth if _CONTINUES.search(words) else 0

    def _open(self, words: str, column: int, mark: str | None) -> None:
        outer = self.frames[-1]
        control = _CONTROL.match(words)
        if _TYPE.search(words) and not _CLOSURE.search(words):
            self.frames.append(_Frame("type", self.number, Counter(), runs=False))
        elif _CLOSURE.search(words) or (not control and outer.kind in ("root", "type") and "(" in words):
            self._open_routine(
                words, column, mark, inside=outer.runs and not words.startswith(("export", "function"))
            )
        elif control and outer.runs:
            self._open_control(control[1], words, column, mark)
        else:
            header = self._add(words, column, outer) if outer.runs else None
            self.frames.append(_Frame("literal", self.number, Counter(), runs=False, header=header))

    def _open_routine(self, words: str, column: int, mark: str | None, *, inside: bool) -> None:
        header = self._add(words, column, self.frames[-1]) if inside else None
        plain = re.sub(r"^(export )?(default )?(async )?(function\*?|func( \([^)]*\))?) ", "", words)
        called = _NAME.match(plain) or re.search(r"([\w$]+)\(", plain)
        name = called[1] if called else ""
        if _CLOSURE.search(words) and not re.match(
            r"(export )?(const|function|default|async function)\b", words
        ):
            name = f"(anonymous_{next(self.closures)})"
        flow = self._flow(mark) if mark else Counter[str]()
        routine = Routine(name, self.number, self.number, flow.total())
        self.found.routines.append(routine)
        frame = _Frame("routine", self.number, flow, runs=True, routine=routine, header=header)
        self.frames.append(frame)
        self._stretch(frame, len(self._plain(self.number)) - 1)

    def _open_control(self, kind: str, words: str, column: int, mark: str | None) -> None:
        outer = self.frames[-1]
        brace = len(self._plain(self.number)) - 1
        if kind in ("else", "else if", "catch", "finally"):
            chain = outer
            if kind == "else if":
                hits = chain.rest.total()
                self._finish_if(chain)
                chain.decision = Decision("if", self.number, column, [], hits)
                self.found.decisions.append(chain.decision)
                self.found.statements.append(Statement(self.number, column, hits, words, self.number, brace))
                self.found.stretches.append(Stretch(self.number, column, self.number, brace, 1, hits))
        else:
            header = self._add(words, column, outer)
            header.end_column = brace
            if outer.stretch:
                outer.stretch.end_line, outer.stretch.end_column, outer.stretch = self.number, brace, None
            chain = _Frame(
                kind, self.number, Counter(), runs=kind != "switch", rest=Counter(outer.flow), header=header
            )
            if kind in ("if", "for", "while", "switch", "select"):
                name = {"if": "if", "switch": "switch", "select": "switch"}.get(kind, "loop")
                chain.decision = Decision(name, self.number, column, [], outer.flow.total())
                self.found.decisions.append(chain.decision)
            self.frames.append(chain)
            if kind in ("switch", "select"):
                chain.kind = "switch"
                return
        loop = kind in ("for", "while")
        inner = Counter(chain.rest) if mark is None else self._flow(mark)
        if kind == "catch":
            inner = self._flow(mark or "-")
        elif not loop and inner - chain.rest:
            raise ValueError(f"line {self.number}: {dict(inner - chain.rest)} come from nowhere")
        if chain.decision and kind != "else":
            chain.decision.arms.append((self.number, column, inner.total()))
        arm = "loop" if loop else "try" if kind in ("try", "catch", "finally") else "arm"
        if arm == "arm":
            chain.rest -= inner
            if kind == "else":
                assert chain.decision
                chain.decision.arms.append((self.number, column, inner.total()))
                chain.decision = None
        frame = _Frame(arm, self.number, inner, runs=True)
        self.frames.append(frame)
        self._stretch(frame, brace)

    def _open_case(self, column: int, mark: str | None, *, default: bool) -> None:
        switch = self.frames[-1]
        inner = Counter(switch.rest) if default and mark is None else self._flow(mark or "-")
        if inner - switch.rest:
            raise ValueError(f"line {self.number}: {dict(inner - switch.rest)} come from nowhere")
        switch.rest -= inner
        assert switch.decision
        switch.decision.arms.append((self.number, column, inner.total()))
        frame = _Frame("case", self.number, inner, runs=True)
        self.frames.append(frame)
        self._stretch(frame, len(self._plain(self.number)))

    def _close(self, column: int, *, goes_on: bool = False) -> None:
        frame = self.frames.pop()
        outer = self.frames[-1]
        if frame.stretch and frame.stretch.line == frame.line:
            frame.stretch.end_line, frame.stretch.end_column = self.number, column
        if frame.kind in ("arm", "case"):
            outer.after += frame.flow
            outer.back += frame.back
            if frame.kind == "arm" and not goes_on:
                self._finish_if(outer)
                self._leave(outer, outer.rest + outer.after, column)
        elif frame.kind == "switch":
            self.frames.append(frame)
            self._leave(frame, frame.rest + frame.after, column)
        elif frame.kind == "loop":
            assert outer.decision
            outer.decision.arms.append((outer.line, outer.decision.column, (outer.rest - frame.back).total()))
            outer.back += frame.back
            self._leave(outer, outer.rest - frame.back, column)
        elif frame.kind == "try":
            outer.back += frame.back
            outer.rest -= frame.back
            if not goes_on:
                self._leave(outer, outer.rest, column)
        for part in (frame.header, frame.routine):
            if part:
                part.end_line = self.number
        if frame.header:
            frame.header.end_column = column

    def _leave(self, chain: _Frame, flow: Flow, column: int) -> None:
        """Go on behind a whole if, switch, loop or try."""
        self.frames.pop()
        outer = self.frames[-1]
        outer.flow = flow
        outer.back += chain.back
        if chain.header:
            chain.header.end_line, chain.header.end_column = self.number, column

    def _finish_if(self, chain: _Frame) -> None:
        """An if without else: what is left over takes the arm that is not written."""
        if chain.decision:
            chain.decision.arms.append((chain.decision.line, chain.decision.column, chain.rest.total()))

    def _statement(self, words: str, column: int, mark: str | None) -> int:
        frame = self.frames[-1]
        if words.startswith(("import ", "package ", "#", "@", "export {", '"use')):
            return 0
        self._add(words, column, frame)
        parts = [self._flow(part) for part in mark.split("|")] if mark else []
        flow = Counter(frame.flow)
        if _ONE_LINE_IF.match(words):
            then = parts[0] if parts else Counter(flow)
            if then - flow:
                raise ValueError(f"line {self.number}: {dict(then - flow)} come from nowhere")
            self._decide("if", column, [then, flow - then])
            words = words.partition(") ")[2]
            flow = then
        elif len(parts) > 1:
            self._decide("ternary" if " ? " in words else "logic", column, parts)
        if _LEAVES.search(words):
            frame.back += flow
        if _LEAVES.search(words) or _BREAKS.search(words):
            if _BREAKS.search(words) and frame.kind == "case":
                self.frames[-2].after += flow
            frame.flow = frame.flow - flow
        return int(bool(_CONTINUES.search(words)))

    def _decide(self, kind: str, column: int, parts: list[Flow]) -> None:
        arms = [(self.number, column, part.total()) for part in parts]
        self.found.decisions.append(Decision(kind, self.number, column, arms, self.frames[-1].flow.total()))

    def _add(self, words: str, column: int, frame: _Frame) -> Statement:
        end = len(self._plain(self.number))
        statement = Statement(self.number, column, frame.flow.total(), words, self.number, end)
        self.found.statements.append(statement)
        if frame.stretch is None:
            self._stretch(frame, column)
        assert frame.stretch
        frame.stretch.statements += 1
        frame.stretch.end_line, frame.stretch.end_column = self.number, end
        return statement

    def _stretch(self, frame: _Frame, column: int) -> None:
        frame.stretch = Stretch(self.number, column, self.number, column, 0, frame.flow.total())
        self.found.stretches.append(frame.stretch)

    def _plain(self, number: int) -> str:
        return _COMMENT.sub("", _MARK.sub("", self.lines[number - 1])).rstrip()

    def _flow(self, mark: str) -> Flow:
        flow: Flow = Counter()
        for word in mark.split():
            test, _, times = word.partition("*")
            if test in self.tests:
                flow[test] += int(times or 1)
        return flow

    def _loaded(self) -> Flow:
        words = {
            word.partition("*")[0]
            for line in self.lines
            if (m := _MARK.search(line))
            for word in m[1].split()
        }
        return Counter({"": 1}) if words & self.tests else Counter()
