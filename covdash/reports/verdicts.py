"""Gates judged: of a comparison, of a commit, and on trial, of the last pull requests. Of what is stored or remembered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from covdash.coverage.components import Memory
from covdash.coverage.differential import Patch, Tally, whole
from covdash.coverage.gating import Change, Facts, Side, Verdict
from covdash.coverage.judging import judge, rule_of
from covdash.coverage.totals import Totals
from covdash.projects.facts import ProjectFact
from covdash.reports import comparisons
from covdash.reports.comparisons import Wanted
from covdash.reports.differences import BaseFact, ComparisonFact, FileDifference
from covdash.reports.facts import ReportFact
from covdash.reports.gate_facts import GateRules, GatesFact, JudgedGate, SampleFact, Trial
from covdash.reports.loading import loader, root_entry
from covdash.reports.queries import compare, divergence, gates

MOST = 2_000
"""Files of a comparison that are looked at when gates are tried."""
ONTO = 3
"""So many git branches that pull requests go to are followed when gates are tried."""
_HELD = 500


class _Lines(NamedTuple):
    """Names the files of a comparison: with equal roots and equal sums they were cut into components before."""

    project: int
    base: str
    head: str
    rules: bytes
    tally: Tally
    patch: Patch
    unknown: int


_counted = Memory()
_cut: dict[_Lines, dict[str, Change]] = {}


def of_comparison(
    *,
    project: ProjectFact,
    base: BaseFact,
    head: ReportFact,
    comparison: ComparisonFact | None,
    today: date,
    pull: int | None = None,
) -> GatesFact:
    """Judge the gates of `head` against `base`; `pull` is the pull request that is looked at, where there is one.

    One SQL statement; one more a level not cached where a report was counted by other rules of components than those in force.
    """
    rules = gates.rules(project=project, commit=head.commit, today=today)
    return _judged(project, rules, base, head, comparison, rules.pull if pull is None else pull)


def of_commit(*, project: ProjectFact, report: ReportFact, today: date) -> GatesFact:
    """Judge the gates of a commit: of the pull request that it is the head of, else against where it left the default branch.

    One SQL statement without gates; with some, those of `compare.base_of` and `compare.comparison` too, as far as they need them.
    Nothing is judged of a commit whose files and lines retention removed.
    """
    if report.commit.thinned_at is not None:
        return GatesFact()
    rules = gates.rules(project=project, commit=report.commit, today=today)
    needs = {rule_of(gate).compares for gate in rules.gates} - {""}
    base, found = BaseFact(None, "none", ""), None
    if needs:
        base = compare.base_of(
            project=project, head=report.commit, branch=rules.onto, declared=rules.onto_sha
        )
    if "lines" in needs and base.report:
        found = compare.comparison(project=project, base=base.report, head=report)
    return _judged(project, rules, base, report, found, rules.pull)


def tried(*, project: ProjectFact, rules: GateRules) -> tuple[Trial, ...]:
    """Say what gates, stored or not, would have said of the last pull requests, or else commits of the default branch.

    Seven SQL statements at most. Comparisons that are not kept are asked for from a task, and components of reports that were not
    counted by the rules in force are left out.
    """
    samples = gates.samples(project=project)
    if not samples or not rules.gates:
        return ()
    starts = _starts(project, samples)
    shas = {start.sha for start in starts.values()} | {sample.onto_sha for sample in samples}
    found = gates.reports(project=project, samples=samples, bases=shas - {""})
    by_id, by_sha = ({one.commit.id: one for one in found}, {one.commit.sha: one for one in found})
    pairs: list[tuple[SampleFact, ReportFact, ReportFact | None, Wanted | None]] = []
    for sample in samples:
        start, head = starts.get(sample.head.id), by_id.get(sample.head.id)
        if start is None or head is None:  # gone meanwhile
            continue
        base = by_sha.get(sample.onto_sha) or by_sha.get(start.sha)
        roots = base and (bytes.fromhex(base.root), bytes.fromhex(head.root))
        pairs.append((sample, head, base, Wanted(*roots, head.commit.id, start.diff) if roots else None))
    compared = _compared(project, [wanted for *_, wanted in pairs if wanted])
    why = "no report of an older commit is known"
    return tuple(
        Trial(
            sample,
            _verdicts(
                project,
                replace(rules, unverified=sample.unverified),
                BaseFact(base, "", why),
                head,
                compared.get(wanted.key) if wanted else None,
                walk=False,
            ),
        )
        for sample, head, base, wanted in pairs
    )


def _judged(
    project: ProjectFact,
    rules: GateRules,
    base: BaseFact,
    head: ReportFact,
    comparison: ComparisonFact | None,
    pull: int | None,
) -> GatesFact:
    if not rules.gates:
        return GatesFact()
    verdicts = _verdicts(project, rules, base, head, comparison)
    waived = {
        waiver.gate: waiver
        for waiver in sorted(rules.waivers, key=lambda waiver: waiver.until)
        if waiver.pull in (None, pull)
    }
    return GatesFact(
        tuple(
            JudgedGate(gate, verdict, waived.get(gate.name) if verdict.state == "failed" else None)
            for gate, verdict in zip(rules.gates, verdicts, strict=True)
        ),
        base if base.report else None,
    )


def _verdicts(
    project: ProjectFact,
    rules: GateRules,
    base: BaseFact,
    head: ReportFact,
    comparison: ComparisonFact | None,
    *,
    walk: bool = True,
) -> tuple[Verdict, ...]:
    """Judge each gate; `walk` as of `_side`."""
    older = base.report
    facts = Facts(
        _side(project, rules, head, walk=walk),
        _side(project, rules, older, walk=walk) if older else None,
        base.why,
        _changes(project, rules, older, head, comparison) if older and comparison else None,
        rules.floors,
        rules.unverified,
    )
    return tuple(judge(gate, facts) for gate in rules.gates)


def _side(project: ProjectFact, rules: GateRules, report: ReportFact, *, walk: bool) -> Side:
    """Return the totals of a report by the components in force; `walk`: count those that no task counted, if a gate asks for any."""
    parts: dict[str, Totals] = {}
    if report.components_mark == rules.components.mark:
        parts = {name: Totals.from_dict(said) for name, said in report.components.items()}
    elif walk and any(gate.component or gate.rule == "floors" for gate in rules.gates):
        parts = rules.components.totals(root_entry(report), load=loader(project.id), memory=_counted)
    return Side(report.commit.short, {**parts, "": report.totals}, report.is_so_far)


def _changes(
    project: ProjectFact, rules: GateRules, base: ReportFact, head: ReportFact, found: ComparisonFact
) -> dict[str, Change]:
    """Return what a comparison says of the whole, and of components if a gate asks for one."""
    parts: dict[str, Change] = {}
    if any(gate.component for gate in rules.gates):
        key = _Lines(
            project.id, base.root, head.root, rules.components.digest, found.tally, found.patch, found.unknown
        )
        parts = _cut.get(key) or _components(rules, found.files)
        if len(_cut) >= _HELD:
            _cut.clear()
        _cut[key] = parts
    return {**parts, "": Change(found.patch, found.tally.lbc, found.unknown)}


def _components(rules: GateRules, files: Sequence[FileDifference]) -> dict[str, Change]:
    """Return component -> what changed in its files; a renamed file counts where it is now."""
    of: dict[str, list[FileDifference]] = defaultdict(list)
    for file, name in zip(files, rules.components.owners(file.name for file in files), strict=True):
        of[name].append(file)
    return {name: _sum(mine) for name, mine in of.items()}


def _sum(files: Sequence[FileDifference]) -> Change:
    return Change(
        whole(file.patch for file in files),
        sum(file.tally.lbc for file in files),
        sum(file.how == "unknown" for file in files),
    )


def _starts(project: ProjectFact, samples: Sequence[SampleFact]) -> dict[int, divergence.Start]:
    """Return where the heads of `samples` left the git branches they go to: one SQL statement for each of the first `ONTO`."""
    onto: dict[str, list[int]] = defaultdict(list)
    for sample in samples:
        onto[sample.onto or project.default_branch].append(sample.head.id)
    found: dict[int, divergence.Start] = {}
    for branch, heads in list(onto.items())[:ONTO]:
        found |= divergence.starts(project=project, heads=heads, branch=branch)
    return found


def _compared(project: ProjectFact, wanted: Sequence[Wanted]) -> dict[bytes, ComparisonFact]:
    """Return the comparisons that are kept and not too large; those that are not kept are asked for."""
    differing = {one.key: one for one in wanted if one.base_root != one.head_root}
    found = {one.key: compare.summed(()) for one in wanted if one.base_root == one.head_root}
    missing = dict(differing)
    for key, files in comparisons.kept(project_id=project.id, keys=differing, most=MOST) if differing else ():
        missing.pop(key)
        if files is not None:
            found[key] = compare.summed(files)
    comparisons.ask_each(project.id, list(missing.values()))
    return found
