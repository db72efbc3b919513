"""The gates of a project with what they are judged by: their rules and waivers, what a commit is part of, and what to try them on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from covdash.coverage.components import Rules
from covdash.projects import configuration
from covdash.projects.configuration import Configuration
from covdash.projects.facts import ProjectFact
from covdash.projects.models import BranchCommit, Commit, PullRequest
from covdash.reports import rows
from covdash.reports.facts import CommitFact, ReportFact
from covdash.reports.gate_facts import GateRules, SampleFact
from covdash.reports.models import CommitReport, GateWaiver, Upload
from covdash.reports.review_facts import WaiverFact

SAMPLES = 20
"""Pull requests, or commits, that gates are tried on."""
_WAIVER = ("id", "gate", "pull", "reason", "owner", "until", "by_name", "at")


def rules(*, project: ProjectFact, commit: CommitFact, today: date) -> GateRules:
    """Return the gates in force with what they need to know of a commit. One SQL statement."""
    pull = PullRequest.objects.filter(project_id=OuterRef("project_id"), head_id=OuterRef("pk"))
    in_force = GateWaiver.objects.filter(project_id=OuterRef("project_id"), until__gte=today).order_by("pk")
    found = Commit.objects.filter(project_id=project.id, pk=commit.id).annotate(
        unverified=_of_fork("pk"),
        pull=Subquery(pull.order_by("-number").values(said=_json("number", "base", "base_sha"))[:1]),
        waivers=ArraySubquery(in_force.values(said=_json(*_WAIVER))),
    )
    columns = ("project__settings", "project__repository_settings", "unverified", "pull", "waivers")
    row: tuple[Any, ...] = found.values_list(*columns).first() or ({}, {}, False, None, [])
    settings, repository, unverified, named, waivers = row
    wanted = configuration.effective(settings=settings, repository=repository).configuration
    return of_configuration(
        wanted,
        tuple(_waiver(said) for said in waivers),
        unverified=unverified,
        pull=named["number"] if named else None,
        onto=named["base"] if named else "",
        onto_sha=named["base_sha"] if named else "",
    )


def of_configuration(wanted: Configuration, waivers: tuple[WaiverFact, ...] = (), **words: Any) -> GateRules:
    """Return the gates of a configuration, and the components that they may be about."""
    floors = {
        component.name: {str(metric): least for metric, least in component.floors.items()}
        for component in wanted.components
    }
    return GateRules(wanted.gates, Rules(wanted.component_rules()), floors, waivers, **words)


def waivers(*, project: ProjectFact, today: date) -> tuple[WaiverFact, ...]:
    """Return the waivers in force, those first that end first. One SQL statement."""
    found = GateWaiver.objects.filter(project_id=project.id, until__gte=today).order_by("until", "pk")
    return tuple(WaiverFact(*row) for row in found.values_list(*_WAIVER))


def samples(*, project: ProjectFact) -> tuple[SampleFact, ...]:
    """Return the 20 pull requests with the greatest numbers that have a report; without any, the newest commits of the default branch.

    Two SQL statements at most.
    """
    reported = Exists(CommitReport.objects.filter(commit_id=OuterRef("head_id"), flag=""))
    pulls = PullRequest.objects.filter(reported, project_id=project.id, head__thinned_at=None).order_by(
        "-number"
    )
    columns = rows.commit_columns("head__")
    named = pulls.annotate(unverified=_of_fork("head_id"), **columns)
    said = ("number", "title", "base", "base_sha", "unverified", *columns)
    found = tuple(
        SampleFact(
            row["number"],
            row["title"],
            rows.commit_fact(row),
            row["base"],
            row["base_sha"],
            row["unverified"],
        )
        for row in named.values(*said)[:SAMPLES]
    )
    return found or _commits(project)


def reports(*, project: ProjectFact, samples: tuple[SampleFact, ...], bases: set[str]) -> list[ReportFact]:
    """Return the reports of the heads of `samples` and of the commits with the shas `bases`. One SQL statement.

    What a fork sent without a token is the base of nothing.
    """
    wanted = Q(commit_id__in=[sample.head.id for sample in samples])
    vouched = ~_of_fork("commit_id")
    wanted |= Q(vouched, commit__sha__in=bases, commit__thinned_at=None)
    return rows.reports(CommitReport.objects.filter(wanted, project_id=project.id, flag=""))


def _commits(project: ProjectFact) -> tuple[SampleFact, ...]:
    line = BranchCommit.objects.filter(
        branch__project_id=project.id,
        branch__name=project.default_branch,
        commit__reports__flag="",
        commit__thinned_at=None,
    )
    columns = rows.commit_columns("commit__")
    found = line.annotate(unverified=_of_fork("commit_id"), **columns).order_by("-at", "-commit_id")
    return tuple(
        SampleFact(None, "", rows.commit_fact(row), unverified=row["unverified"])
        for row in found.values("unverified", *columns)[:SAMPLES]
    )


def _of_fork(commit: str) -> Exists:
    """Whether the report of the commit in this column is made of what forks sent without a token."""
    return Exists(Upload.objects.filter(commit_id=OuterRef(commit), counted=True).exclude(fork=""))


def _json(*names: str) -> JSONObject:
    return JSONObject(**{name: F(name) for name in names})


def _waiver(said: Mapping[str, Any]) -> WaiverFact:
    values = dict(said)
    values["until"], values["at"] = date.fromisoformat(said["until"]), datetime.fromisoformat(said["at"])
    return WaiverFact(*(values[name] for name in _WAIVER))
