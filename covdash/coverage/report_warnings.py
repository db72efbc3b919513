"""What was odd about a report and did not stop it: warnings by class, with count and first example."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Warnings:
    """Warnings by class: how often, and the first example. Codes are those of `docs/formats.md`."""

    found: dict[str, tuple[int, str]] = field(default_factory=dict)

    def add(self, code: str, example: str, count: int = 1) -> None:
        """Note `count` more cases of `code`; only the first example is kept."""
        old, first = self.found.get(code, (0, example[:200]))
        self.found[code] = (old + count, first)

    def as_list(self) -> list[dict[str, object]]:
        """Return `[{"code", "count", "example"}]`, sorted by code."""
        return [{"code": code, "count": n, "example": text} for code, (n, text) in sorted(self.found.items())]
