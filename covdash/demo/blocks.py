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

from covdash.demo.dialect import (
    BREAKS,
    CASE,
    CLOSURE,
    COMMENT,
    CONTINUES,
    CONTROL,
    LEAVES,
    MARK,
    NAME,
    ONE_LINE_IF,
    SILENT,
    THEN,
    TYPE,
    strip,
)
from covdash.demo.measured import Decision, Measured, Routine, Statement, Stretch

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
        self.script = script
        self.found = Measured(strip(text))
        self.frames = [_Frame("root", 0, self._loaded(), runs=script)]
        self.number = 0
        self.closures = count(1)

    def read(self) -> Measured:
        commented = depth = 0
        for number, line in enumerate(self.lines, 1):
            self.number = number
            mark = MARK.search(line)
            code = COMMENT.sub("", line[: mark.start()] if mark else line).rstrip()
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
        if self.frames[-1].kind == "case" and (CASE.match(words) or words.startswith("}")):
            self._close(column)
        while words.startswith("}"):
            words = words[1:].lstrip()
            self._close(column + 1, goes_on=words.startswith(("else", "catch", "finally")))
        words = words.lstrip(");, ")
        if not words:
            return 0
        column = self.lines[self.number - 1].index(words)
        if self.frames[-1].kind == "switch" and CASE.match(words):
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
        return depth if CONTINUES.search(words) else 0

    def _open(self, words: str, column: int, mark: str | None) -> None:
        outer = self.frames[-1]
        control = CONTROL.match(words)
        if TYPE.search(words) and not CLOSURE.search(words):
            self.frames.append(_Frame("type", self.number, Counter(), runs=False))
        elif CLOSURE.search(words) or (not control and outer.kind in ("root", "type") and "(" in words):
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
        called = NAME.match(plain) or re.search(r"([\w$]+)\(", plain)
        name = called[1] if called else ""
        if CLOSURE.search(words) and not re.match(
            r"(export )?(const|function|default|async function)\b", words
        ):
            name = f"(anonymous_{next(self.closures)})"
        flow = self._flow(mark) if mark else Counter[str]()
        routine = Routine(name, self.number, self.number, flow.total())
        self.found.routines.append(routine)
        frame = _Frame("routine", self.number, flow, runs=True, routine=routine, header=header)
        self.frames.append(frame)
        self._stretch(frame, self._brace())

    def _open_control(self, kind: str, words: str, column: int, mark: str | None) -> None:
        goes_on = kind in ("else", "else if", "catch", "finally")
        chain = self.frames[-1] if goes_on else self._begin(kind, words, column)
        if kind == "else if":
            self._decide_again(chain, words, column)
        if chain.kind == "switch":
            return
        inner = self._flow(mark or "-") if mark or kind == "catch" else Counter(chain.rest)
        if chain.kind == "if" and inner - chain.rest:
            raise ValueError(f"line {self.number}: {dict(inner - chain.rest)} come from nowhere")
        if chain.decision:
            chain.decision.arms.append((self.number, column, inner.total()))
        if chain.kind == "if":
            chain.rest -= inner
        if kind == "else":
            chain.decision = None
        frame = _Frame({"if": "arm", "try": "try"}.get(chain.kind, "loop"), self.number, inner, runs=True)
        self.frames.append(frame)
        self._stretch(frame, self._brace())

    def _begin(self, kind: str, words: str, column: int) -> _Frame:
        """Open what holds all arms of an if or switch, or a loop, or a try with its catches."""
        outer = self.frames[-1]
        header = None
        if kind != "try" or self.script:
            header = self._add(words, column, outer)
            header.end_column = self._brace()
        if outer.stretch and kind != "try":
            outer.stretch.end_line, outer.stretch.end_column, outer.stretch = self.number, self._brace(), None
        name = "switch" if kind == "select" else kind
        chain = _Frame(
            name, self.number, Counter(), runs=name != "switch", rest=Counter(outer.flow), header=header
        )
        if kind != "try":
            choice = name if name in ("if", "switch") else "loop"
            chain.decision = Decision(choice, self.number, column, [], outer.flow.total())
            self.found.decisions.append(chain.decision)
        self.frames.append(chain)
        return chain

    def _decide_again(self, chain: _Frame, words: str, column: int) -> None:
        """An else if is an if of its own for those who are left over."""
        column += words.index("if")
        hits = chain.rest.total()
        self._finish_if(chain)
        chain.decision = Decision("if", self.number, column, [], hits)
        self.found.decisions.append(chain.decision)
        self.found.statements.append(Statement(self.number, column, hits, words, self.number, self._brace()))
        self.found.stretches.append(Stretch(self.number, column, self.number, self._brace(), 1, hits))

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
        if frame.header:
            frame.header.end_line, frame.header.end_column = self.number, column
        if frame.routine:
            frame.routine.end_line = self.number
        if frame.kind in ("arm", "case"):
            outer.after += frame.flow
            outer.back += frame.back
        elif frame.kind in ("loop", "try"):
            outer.back += frame.back
            outer.rest -= frame.back
        if frame.kind == "switch":
            self._leave(frame, column)
        elif frame.kind in ("arm", "loop", "try") and not goes_on:
            self._finish_if(outer)
            self._leave(self.frames.pop(), column)

    def _leave(self, chain: _Frame, column: int) -> None:
        """Go on behind a whole if, switch, loop or try with whoever comes out of it."""
        outer = self.frames[-1]
        outer.flow = chain.rest + chain.after
        outer.back += chain.back
        if chain.header:
            chain.header.end_line, chain.header.end_column = self.number, column

    def _finish_if(self, chain: _Frame) -> None:
        """What is left over takes the arm that is not written: the missing else, the way past a loop."""
        if chain.decision:
            arm = (chain.decision.line, chain.decision.column, chain.rest.total())
            chain.decision.arms.append(arm)

    def _statement(self, words: str, column: int, mark: str | None) -> int:
        frame = self.frames[-1]
        if words.startswith(SILENT):
            return 0
        self._add(words, column, frame)
        parts = [self._flow(part) for part in mark.split("|")] if mark else []
        flow = Counter(frame.flow)
        if ONE_LINE_IF.match(words):
            then = parts[0] if parts else Counter(flow)
            if then - flow:
                raise ValueError(f"line {self.number}: {dict(then - flow)} come from nowhere")
            self._decide("if", column, [then, flow - then])
            left = THEN.search(words)
            words = left[1] if left else ""
            flow = then
        elif len(parts) > 1:
            self._decide("ternary" if " ? " in words else "logic", column, parts)
        if LEAVES.match(words):
            frame.back += flow
            frame.flow -= flow
        elif BREAKS.match(words):
            if frame.kind == "case":
                self.frames[-2].after += flow
            frame.flow -= flow
        return int(bool(CONTINUES.search(words)))

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
        return COMMENT.sub("", MARK.sub("", self.lines[number - 1])).rstrip()

    def _brace(self) -> int:
        """The column of the brace at the end of the line."""
        return len(self._plain(self.number)) - 1

    def _flow(self, mark: str) -> Flow:
        flow: Flow = Counter()
        for word in mark.split():
            test, _, times = word.partition("*")
            if test in self.tests:
                flow[test] += int(times or 1)
        return flow

    def _loaded(self) -> Flow:
        words = {
            word.partition("*")[0] for line in self.lines if (m := MARK.search(line)) for word in m[1].split()
        }
        return Counter({"": 1}) if words & self.tests else Counter()
