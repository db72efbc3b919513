"""Functions of an LCOV section: `FN` and `FNDA` of lcov 1.x, `FNL` and `FNA` of lcov 2.x. PURE. Source: geninfo(1)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from covdash.coverage.building import FileBuilder

_INSTANCE = re.compile(r"_{1,2}[ZR]|[^:;/<>() ]+\.[A-Za-z+]{1,5}[:;](?!:)")
_OF_A_FILE = re.compile(r"[^:;/<>() ]+\.[A-Za-z+]{1,5}[:;](?!:)")


@dataclass(slots=True)
class Functions:
    """Collected records: `listed` are (name, start, end), `calls` by name, `places` (start, end) and `aliases` by index."""

    listed: list[tuple[str, int, int]] = field(default_factory=list)
    calls: dict[str, list[int]] = field(default_factory=dict)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    aliases: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Tell whether any function has a place."""
        return bool(self.listed or self.places)

    def read(self, text: str) -> None:
        """Read `FN` and `FNDA` records that are known to be plain: a number, and a name without commas."""
        listed, calls = self.listed, self.calls
        for record in text.split("\n"):
            number, _, name = record.partition(",")
            if number.startswith("FND"):
                calls.setdefault(name, []).append(int(number[5:]))
            elif name:
                listed.append((name, int(number[3:]), 0))

    def add_to(self, file: FileBuilder, path: str) -> None:
        """Add the functions to `file`; `path` is for warnings."""
        if self.listed and self._are_plain():
            file.many_functions((name, start, end, self.calls[name][0]) for name, start, end in self.listed)
            return
        alike = Counter(name for name, _, _ in self.listed)
        instances: dict[int, tuple[str, int, int]] = {}
        for name, start, end in self.listed:
            calls = self.calls.get(name, [])
            # As many FNDA as FN of one name stand in the same order; else the calls cannot be told apart.
            hits = calls.pop(0) if len(calls) == alike[name] > 1 else sum(calls)
            alike[name] -= len(calls) < alike[name]
            if _INSTANCE.match(name):
                # One place in the source is one function, however often it is instantiated.
                plain = _OF_A_FILE.sub("", name, count=1)
                known, old_end, old_hits = instances.get(start, (plain, 0, 0))
                instances[start] = (min(known, plain), max(old_end, end), old_hits + hits)
            else:
                file.function(name, start, end, hits)
        for start, (name, end, hits) in instances.items():
            file.function(name, start, end, hits)
        placed = {name for name, _, _ in self.listed}
        for name, calls in self.calls.items():
            if name not in placed:
                file.function(name, 0, 0, sum(calls))
        for index, (start, end) in self.places.items():
            aliases = self.aliases.pop(index, [])
            # The same holds here; the first alias names the function.
            name = min((name for name, _ in aliases), default="")
            file.function(name, start, end, sum(max(calls, 0) for _, calls in aliases))
        for index, aliases in self.aliases.items():
            file.warnings.add("bad_record", f"{path}: FNA:{index} without FNL", len(aliases))

    def _are_plain(self) -> bool:
        """Tell whether all functions have names of their own and one count each, as those of plain C and of scripts do."""
        names = {name for name, _, _ in self.listed}
        return (
            not self.places
            and not self.aliases
            and len(names) == len(self.listed)
            and names == self.calls.keys()
            and all(len(counts) == 1 for counts in self.calls.values())
            and not any(name[:1] == "_" or "." in name for name in names)
        )
