"""Rules of a project in the pipe: totals by component in every report, paths of flags, and counting anew when the rules change."""

from __future__ import annotations

from typing import Any

import pytest

from covdash.coverage.tree import walk
from covdash.projects import wishes
from covdash.projects.models import Project
from covdash.reports.loading import loader
from covdash.reports.models import CommitReport
from ingest import assemble, components
from tests.factories.uploads import Job, lcov, sha, turn

pytestmark = pytest.mark.django_db

REPORT = lcov({"src/auth/a.py": {1: 1, 2: 0}, "src/pay/p.py": {1: 1}, "tools/x.py": {1: 0}})
AUTH = {"name": "auth", "paths": ["src/auth/**"]}
REST = {"name": "source", "paths": ["src"]}


def rule(project: Project, section: str, said: list[dict[str, Any]]) -> None:
    wishes.write_section(project_id=project.pk, actor=None, section=section, said=said)


def lines() -> dict[tuple[str, str], dict[str, tuple[int, int]]]:
    """Return (sha, flag) -> component -> (covered, total) lines."""
    return {
        (report.commit.sha, report.flag): {
            name: (totals["lines"]["covered"], totals["lines"]["total"])
            for name, totals in report.components.items()
        }
        for report in CommitReport.objects.select_related("commit")
    }


def files_of(report: CommitReport) -> set[str]:
    return {path for path, _ in walk(loader(report.project_id), bytes(report.root))}


def test_a_report_has_the_totals_of_its_components_whole_and_per_flag() -> None:
    job = Job()
    rule(job.project, "components", [AUTH, REST, {"name": "none", "paths": ["nowhere"]}])

    turn(job.send(REPORT, flags="unit"), job.send(lcov({"src/auth/a.py": {2: 1}}), flags="e2e"))

    assert lines() == {
        ("1" * 40, ""): {"auth": (2, 2), "source": (1, 1)},
        ("1" * 40, "unit"): {"auth": (1, 2), "source": (1, 1)},
        ("1" * 40, "e2e"): {"auth": (1, 1)},
    }


def test_without_rules_there_is_nothing_to_count() -> None:
    job = Job()
    turn(job.send(REPORT))

    report = CommitReport.objects.get()
    assert (report.components, report.components_digest) == ({}, "")
    assert components.stale_projects() == []


def test_when_the_rules_change_reports_are_counted_anew() -> None:
    """The default branch and the heads of the others; as often as one likes; until then the sweep sees it."""
    job = Job()
    for number, branch in ((1, "main"), (2, "main"), (3, "side")):
        turn(job.send(REPORT, commit=sha(number), branch=branch, committed_at=f"2026-01-0{number}T00:00:00Z"))
    assert components.recount(job.project.pk) == []
    rule(job.project, "components", [REST])
    assert components.stale_projects() == [job.project.pk]

    assert components.recount(job.project.pk) == []

    assert set(map(str, lines().values())) == {"{'source': (2, 3)}"}
    assert components.stale_projects() == []
    before = list(CommitReport.objects.values_list("updated_at", flat=True))
    assert components.recount(job.project.pk) == []
    assert list(CommitReport.objects.values_list("updated_at", flat=True)) == before, "nothing was written"

    rule(job.project, "components", [])
    components.recount(job.project.pk)
    assert set(map(str, lines().values())) == {"{}"}
    assert components.stale_projects() == []


def test_a_report_assembled_meanwhile_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The count was made of a root that is no longer that of the report."""
    job = Job()
    turn(job.send(REPORT))
    rule(job.project, "components", [REST])
    fill = components.Rulebook.fill

    def slow(book: components.Rulebook, report: CommitReport, **words: Any) -> None:
        fill(book, report, **words)
        CommitReport.objects.filter(pk=report.pk).update(root=b"2" * 32)

    monkeypatch.setattr(components.Rulebook, "fill", slow)
    components.recount(job.project.pk)

    assert CommitReport.objects.get().components == {}
    assert components.stale_projects() == [job.project.pk], "so that the sweep rings again"


def test_files_outside_the_paths_of_a_flag_do_not_count_for_it() -> None:
    job = Job()
    rule(job.project, "flags", [{"name": "unit", "paths": ["src", "!src/pay"]}])

    turn(job.send(REPORT, flags="unit"))
    turn(job.send(lcov({"src/auth/b.py": {1: 1}, "tools/y.py": {1: 1}}), flags="unit"))

    whole, unit = CommitReport.objects.order_by("flag")
    assert files_of(unit) == {"src/auth/a.py", "src/auth/b.py"}
    assert unit.totals.get("lines") == (2, 3)
    assert files_of(whole) == {"src/auth/a.py", "src/auth/b.py", "src/pay/p.py", "tools/x.py", "tools/y.py"}


@pytest.mark.parametrize("after", [[], [{"name": "unit", "paths": ["tools"]}]])
def test_when_the_paths_of_a_flag_change_its_commits_are_assembled_again(after: list[dict[str, Any]]) -> None:
    """From few files to all, and to others: what was cut away before must be there again."""
    job = Job()
    rule(job.project, "flags", [{"name": "unit", "paths": ["src/pay"]}])
    upload = job.send(REPORT, flags="unit")
    turn(upload)
    rule(job.project, "flags", after)

    again = components.recount(job.project.pk)

    assert again == [upload.commit_id]
    for commit_id in again:
        assemble.run(commit_id)
    unit = CommitReport.objects.get(flag="unit")
    assert files_of(unit) == ({"tools/x.py"} if after else {"src/auth/a.py", "src/pay/p.py", "tools/x.py"})
    assert components.recount(job.project.pk) == []
    assert components.stale_projects() == []


def test_uploads_that_join_after_a_change_of_paths_find_all_files() -> None:
    """Joining to the report as it is would keep what the old paths had cut away."""
    job = Job()
    rule(job.project, "flags", [{"name": "unit", "paths": ["src/pay"]}])
    turn(job.send(REPORT, flags="unit"))
    rule(job.project, "flags", [])

    turn(job.send(lcov({"z.py": {1: 1}}), flags="unit"))

    assert files_of(CommitReport.objects.get(flag="unit")) == {
        "src/auth/a.py",
        "src/pay/p.py",
        "tools/x.py",
        "z.py",
    }


def risks() -> dict[str, tuple[float | None, str]]:
    """Return flag -> (risk, worst) of the only commit."""
    return {report.flag: (report.risk, report.worst) for report in CommitReport.objects.all()}


def test_a_report_is_weighed() -> None:
    """Missed lines and half of the partial ones by the weight of their component, 1 outside; the worst is one that has weight."""
    job = Job()
    rule(job.project, "components", [{**AUTH, "weight": 4}, {**REST, "weight": 0}])
    text = lcov({"src/auth/a.py": {1: 1, 2: 0, 3: 0}, "src/pay/p.py": {1: 0, 2: 0}, "tools/x.py": {1: 0}})
    partial = text.replace(b"DA:1,1", b"BRDA:1,0,0,1\nBRDA:1,0,1,0\nDA:1,1", 1)
    assert partial != text

    turn(job.send(partial, flags="unit"))

    assert risks() == {"": (4 * 2.5 + 0 * 2 + 1, "auth"), "unit": (4 * 2.5 + 1, "auth")}


def test_other_weights_weigh_anew_what_was_counted() -> None:
    job = Job()
    turn(job.send(REPORT))
    assert risks() == {"": (2.0, "")}
    rule(job.project, "components", [AUTH])
    components.recount(job.project.pk)
    assert risks() == {"": (2.0, "")}, "what weighs 1 stands out nowhere"
    counted = CommitReport.objects.get().components_digest

    rule(job.project, "components", [{**AUTH, "weight": 10}])

    assert components.stale_projects() == [job.project.pk]
    assert components.recount(job.project.pk) == []
    assert risks() == {"": (11.0, "auth")}
    assert CommitReport.objects.get().components_digest == counted
    assert components.stale_projects() == []


def test_reports_from_before_they_were_weighed_are_made_good() -> None:
    job = Job()
    turn(job.send(REPORT))
    CommitReport.objects.update(risk=None, weights_digest="")

    assert components.stale_projects() == [job.project.pk]
    components.recount(job.project.pk)

    assert risks() == {"": (2.0, "")}
