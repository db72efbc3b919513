"""Badges: what is wished, what a badge says, and the page that makes one. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from covdash.coverage.totals import KINDS
from covdash.dashboards import figures
from covdash.dashboards.addresses import Place, State
from covdash.dashboards.charts import badge as chart
from covdash.dashboards.pages import standing
from covdash.reports.badge_facts import BadgeChoices, BadgeFact

UNKNOWN, UNMEASURED = "unknown", "not measured"
_ALIASES = {
    "line": "lines",
    "arm": "branches",
    "arms": "branches",
    "branch": "branches",
    "function": "functions",
}
_MOST = 255


@dataclass(frozen=True, slots=True)
class Wish:
    """What a badge is to show. `metric` is "" for one that there is not; `decimals` None for the rule of all pages."""

    metric: str = "lines"
    branch: str = ""
    flag: str = ""
    component: str = ""
    label: str = ""
    token: str = ""
    decimals: int | None = None

    @classmethod
    def of(cls, words: Mapping[str, str]) -> Wish:
        """Read the words of a query; what is not known is not looked at."""

        def word(name: str) -> str:
            return words.get(name, "").strip()[:_MOST]

        metric = word("metric").lower() or "lines"
        metric = _ALIASES.get(metric, metric)
        precision = word("precision")
        return cls(
            metric=metric if metric in KINDS else "",
            branch=word("branch"),
            flag=word("flag"),
            component=word("component"),
            label=word("label"),
            token=word("token"),
            decimals=int(precision) if precision in ("0", "1", "2") else None,
        )

    @property
    def title(self) -> str:
        """The label that is shown."""
        if self.label:
            return self.label
        word = "coverage" if self.metric in ("lines", "") else figures.KIND_LABELS[self.metric].lower()
        part = self.component or self.flag
        return f"{word}: {part}" if part else word

    def state(self) -> dict[str, State]:
        """Return the words of the query that make this badge, without the token."""
        return {
            "metric": "" if self.metric == "lines" else self.metric,
            "branch": self.branch,
            "flag": self.flag,
            "component": self.component,
            "label": self.label,
        }


def unknown(wish: Wish) -> chart.Badge:
    """Return the badge of a project that the reader does not know of. Nothing of it depends on any project."""
    return chart.build(wish.title, UNKNOWN)


def badge(wish: Wish, fact: BadgeFact) -> chart.Badge:
    """Return the badge of a number; without one it says that nothing was measured. While uploads are missing it says "so far"."""
    count, commit = fact.count, fact.commit
    so_far = ""
    if commit is not None:
        so_far = standing.so_far(commit, processed=fact.processed, failed=fact.failed, waiting=fact.waiting)
    if not count or not count.total:
        return chart.build(wish.title, UNMEASURED if wish.metric else "no such metric", so_far=so_far)
    text = figures.percent(count) if wish.decimals is None else figures.percent(count, wish.decimals)
    return chart.build(wish.title, text, count, so_far=so_far)


@dataclass(frozen=True, slots=True)
class Snippet:
    """Text to copy."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class BadgesPage:
    """The page. `preview` is the address of the picture, `selects` are (name, label, value, choices) of the form."""

    preview: str
    alt: str
    label: str
    selects: tuple[tuple[str, str, str, tuple[tuple[str, str], ...]], ...]
    snippets: tuple[Snippet, ...]
    has_token: bool


def build(
    place: Place, wish: Wish, *, choices: BadgeChoices, branches: tuple[str, ...], token: str, host: str
) -> BadgesPage:
    """Return the page; `token` is "" for a public project."""
    state = wish.state() | {"token": token}
    picture, target = f"{host}{place.badge(**state)}", f"{host}{place.at(branch=wish.branch).overview()}"
    alt = wish.title
    return BadgesPage(
        preview=place.badge(**state),
        alt=alt,
        label=wish.label,
        selects=(
            (
                "metric",
                "Metric",
                wish.metric,
                tuple((k, figures.KIND_LABELS[k]) for k in choices.metrics or ("lines",)),
            ),
            ("branch", "Git branch", wish.branch, (("", "the default one"), *_pairs(branches, wish.branch))),
            ("flag", "Flag", wish.flag, (("", "all uploads"), *_pairs(choices.flags, wish.flag))),
            (
                "component",
                "Component",
                wish.component,
                (("", "everything"), *_pairs(choices.components, wish.component)),
            ),
        ),
        snippets=(
            Snippet("Markdown", f"[![{_marked(alt)}]({picture})]({target})"),
            Snippet(
                "HTML", f'<a href="{escape(target)}"><img src="{escape(picture)}" alt="{escape(alt)}"></a>'
            ),
            Snippet("reStructuredText", f".. image:: {picture}\n   :target: {target}\n   :alt: {alt}"),
            Snippet("shields.io endpoint", f"{host}{place.badge('json', **state)}"),
        ),
        has_token=bool(token),
    )


def _pairs(names: tuple[str, ...], chosen: str) -> tuple[tuple[str, str], ...]:
    """Return the choices of a list; what is chosen stays one, also when it is not there any more."""
    found = names if not chosen or chosen in names else (chosen, *names)
    return tuple((name, name) for name in found)


def _marked(text: str) -> str:
    """Return text for the brackets of Markdown."""
    return "".join(f"\\{letter}" if letter in "[]\\`*_<>" else letter for letter in text)
