"""What each number means: formula, denominator, what is left out. The help page prints it, every metric name links to it. PURE."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Definition:
    """A word of the interface; `anchor` is its place on the help page."""

    anchor: str
    name: str
    formula: str
    text: str


METRICS = (
    Definition(
        "lines",
        "Lines",
        "covered lines / executable lines",
        "A line is executable when a report lists it, and covered when it ran at least once in any upload of the commit. Lines that "
        "no report lists (comments, blank lines, code that a tool was told to leave out) are not measured and count nowhere.",
    ),
    Definition(
        "branches",
        "Arms",
        "arms taken / arms known",
        "An arm is one way out of a decision in the code: if or else, a case, going into a loop or past it. A line that ran while one "
        "of its arms never did is partial. Where a format only counts arms, the pages say how many but not which.",
    ),
    Definition(
        "functions",
        "Functions",
        "functions called / functions known",
        "A function counts as covered when it was called at least once, however little of it ran.",
    ),
    Definition(
        "conditions",
        "Conditions",
        "conditions seen / conditions known",
        "A condition is a single term of a decision: in “a && b” both a and b, each as true and as false where the format says so.",
    ),
    Definition(
        "paths",
        "Paths",
        "paths taken / paths known",
        "A path is a whole way through a function: the prime paths of GCC, the paths of PHPUnit with Xdebug. A function can have "
        "every line and every arm covered while most ways through it were never taken.",
    ),
    Definition(
        "statements",
        "Statements",
        "statements run / statements known",
        "Istanbul and Go count statements: there can be several on a line and one over many lines.",
    ),
    Definition(
        "instructions",
        "Instructions",
        "instructions run / instructions known",
        "JaCoCo counts the instructions of Java byte code; they exist even where no line numbers do.",
    ),
    Definition(
        "regions",
        "Regions",
        "regions run / regions known",
        "A region is a stretch of code that runs as one: LLVM and Swift count them, Visual Studio calls them blocks.",
    ),
    Definition(
        "patch",
        "Patch",
        "covered new lines / measured new lines",
        "The patch of a comparison is its new and changed lines: those that the head has and the base does not. Those that no report "
        "lists (comments, blank lines) are not measured and count nowhere. A patch without any measured line has no share.",
    ),
)

STATES = (
    ("covered", "ran, with every arm that the format can tell apart"),
    ("partial", "ran, and at least one of its arms never did"),
    ("missed", "could have run and never did"),
    ("unmeasured", "no report says anything about it; it is neither 0 % nor 100 %"),
)

KEYS = (
    ("?", "this page"),
    ("Ctrl-K", "search"),
    (".", "to the filter of a list"),
    ("j", "next row"),
    ("k", "previous row"),
    ("Enter", "open the row"),
    ("h", "among files and on the map: a directory up"),
    ("g p", "projects"),
    ("g o", "overview of the project"),
    ("g m", "map"),
    ("g f", "files"),
    ("g a", "code branches"),
    ("g b", "git branches"),
    ("g c", "commits"),
    ("g r", "review"),
    ("g t", "trends"),
    ("g u", "uploads"),
    (
        "n",
        "in a file: next missed or partial zone; in its diff, and in the open files of a comparison: next change not covered",
    ),
    ("p", "in a file and in a comparison: previous one"),
    ("o", "in a comparison: open all files, 20 at most at once, and close them"),
    ("v", "in a comparison: mark the file of this row as viewed, and back"),
    ("d", "in a file: its diff against the report before, and back"),
    ("1", "in a file: first zone"),
    ("0", "in a file: top"),
    ("l", "in a file: go to a line"),
    ("f", "in a file: functions"),
    ("c", "in a file: tint covered lines"),
    ("w", "in a file: wrap long lines"),
    ("+", "on the chart of the trends: fewer days"),
    ("-", "on the chart of the trends: more days"),
    ("0", "on the chart of the trends: all days"),
    ("y", "the same view, fixed to the commit it shows"),
)
