"""A `codecov.yml` as a configuration: what has an equal in covdash is translated, everything else is named with the reason. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from covdash.projects.codecov_paths import UntranslatableError, fix_of, patterns_of

MAX_NAME = 64

ELSEWHERE = {
    "codecov.token": "upload tokens are made in the settings and belong into the secrets of the CI, never into a file",
    "codecov.branch": "choose the default git branch under Settings, General",
    "codecov.strict_yaml_branch": "covdash.toml counts from the default git branch only",
    "codecov.max_report_age": "reports of any age are taken",
    "codecov.require_ci_to_pass": "covdash does not ask the CI how it went",
    "codecov.notify.after_n_builds": "numbers of uploads are not counted; covdash learns which always arrive, or name them under "
    "completeness.expect",
    "codecov.notify.wait_for_ci": "a report is complete when the expected uploads are there, or after completeness.quiet_minutes",
    "codecov.notify.require_ci_to_pass": "covdash does not ask the CI how it went",
    "codecov.notify.manual_trigger": "the uploader says when it is done; a report is complete then",
    "coverage.precision": "percentages are shown with one decimal",
    "coverage.round": "percentages are never rounded up to 100 or down to 0",
    "coverage.range": "colours say covered, partial and missed; there is no scale of them",
    "coverage.notify": "notifications do not stand in covdash.toml",
    "coverage.status.patch": "write it as a gate with the rule patch (docs/gates.md)",
    "coverage.status.changes": "write it as a gate with the rule lost (docs/gates.md)",
    "coverage.status.default_rules": "statuses of a forge do not exist here",
    "comment": "covdash writes no comments to a forge",
    "github_checks": "covdash writes nothing to a forge",
    "slack_app": "notifications do not stand in covdash.toml",
    "parsers": "reports are read as the tool wrote them, partial lines and code branches included",
    "profiling": "there is no run-time profiling",
    "cli": "the client reads this itself; it has no meaning on the server",
    "test_analytics": "test results are read from uploaded reports without a setting",
    "bundle_analysis": "bundles are not measured",
}
"""Key -> why it is not in the file that is made."""


class Translation:
    """A translation in the making: `said` are the values for `covdash.toml`, `notes` (key, reason) of all that is not in it."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.said: dict[str, Any] = {}
        self.notes: list[tuple[str, str]] = []

    def note(self, key: str, reason: str) -> None:
        """Say why a key, or a part of it, was not taken over as it is."""
        self.notes.append((key, reason))

    def patterns(self, key: str, paths: Any) -> list[str]:
        """Return the patterns for a list of paths, or for one."""
        listed = [paths] if isinstance(paths, str) else paths if isinstance(paths, list) else []
        found, remarks = patterns_of(str(path) for path in listed if path is not None)
        for path, remark in remarks:
            self.note(f"{key}: {path}", remark)
        return found

    def rest(self, key: str, said: Mapping[str, Any], *known: str, reason: str = "") -> None:
        """Note every key of `said` that is not `known`."""
        for name in said:
            place = f"{key}.{name}" if key else str(name)
            if name not in known:
                self.note(place, ELSEWHERE.get(place) or reason or "covdash does not know this key")


def translate(document: Any) -> Translation:
    """Translate the values of a `codecov.yml`. Raises `ValueError` when it is no mapping."""
    out = Translation()
    if document is None:
        return out
    if not isinstance(document, Mapping):
        raise ValueError("a codecov.yml is a mapping of keys")  # noqa: TRY004 - it is a value of a file, not an argument
    codecov, coverage = _table(document, "codecov"), _table(document, "coverage")
    out.rest(
        "",
        document,
        "codecov",
        "coverage",
        "flags",
        "flag_management",
        "component_management",
        "ignore",
        "fixes",
    )
    out.rest("codecov", codecov, "notify")
    out.rest("codecov.notify", _table(codecov, "notify"))
    out.rest("coverage", coverage, "status", "ignore", "fixes")
    _flags(out, document)
    _components(out, document, _table(coverage, "status"))
    _paths(out, document, coverage)
    return out


def _flags(out: Translation, document: Mapping[str, Any]) -> None:
    management = _table(document, "flag_management")
    out.rest("flag_management", management, "default_rules", "individual_flags")
    defaults = _table(management, "default_rules")
    out.rest("flag_management.default_rules", defaults, "carryforward", "paths", "ignore", reason=_STATUSES)
    said: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for name in _table(document, "flags"):
        said[str(name)] = f"flags.{name}", _table(_table(document, "flags"), name)
    for number, flag in enumerate(_list(management, "individual_flags")):
        key = f"flag_management.individual_flags[{number}]"
        if not isinstance(flag, Mapping) or not flag.get("name"):
            out.note(key, "it has no name")
            continue
        said[str(flag["name"])] = key, flag
    if defaults.get("carryforward"):
        out.note(
            "flag_management.default_rules.carryforward",
            "there is no default for all flags; it is set for those that the file names",
        )
    rows = [
        _flag(out, name, key, defaults, own) for name, (key, own) in said.items() if _fits(out, key, name)
    ]
    if rows:
        out.said["flags"] = rows


def _flag(
    out: Translation, name: str, key: str, defaults: Mapping[str, Any], own: Mapping[str, Any]
) -> dict[str, Any]:
    flag = {**defaults, **own}
    out.rest(
        key, own, "name", "carryforward", "paths", "ignore", reason=_STATUSES if "statuses" in own else ""
    )
    row: dict[str, Any] = {"name": name}
    if flag.get("carryforward") is True:
        row["carry_forward"] = True
    patterns = out.patterns(f"{key}.paths", flag.get("paths"))
    taken = out.patterns(f"{key}.ignore", flag.get("ignore"))
    if patterns or taken:
        row["paths"] = [*(patterns or ["**"]), *(f"!{one}" for one in taken if not one.startswith("!"))]
    return row


_STATUSES = "statuses of a forge do not exist here; floors are set for components"


def _components(out: Translation, document: Mapping[str, Any], status: Mapping[str, Any]) -> None:
    management = _table(document, "component_management")
    out.rest("component_management", management, "default_rules", "individual_components")
    defaults = _table(management, "default_rules")
    out.rest("component_management.default_rules", defaults, "statuses", "paths")
    rows: list[dict[str, Any]] = []
    for number, said in enumerate(_list(management, "individual_components")):
        key = f"component_management.individual_components[{number}]"
        own = said if isinstance(said, Mapping) else {}
        out.rest(key, own, "component_id", "name", "paths", "statuses")
        name = str(own.get("name") or own.get("component_id") or "")
        component = {**defaults, **own}
        floor = _floor(out, f"{key}.statuses", _list(component, "statuses"))
        _add(out, rows, key, name, component.get("paths"), floor)
    out.rest("coverage.status", status, "project")
    _statuses(out, rows, status.get("project"))
    if len(rows) > 1:
        out.note(
            "component_management",
            "a file belongs to the first component that names it, not to several; look at their order",
        )
    if rows:
        out.said["components"] = rows


def _statuses(out: Translation, rows: list[dict[str, Any]], project: Any) -> None:
    """Take statuses of parts of the code with a fixed target as components with a floor."""
    if project is not None and not isinstance(project, Mapping):
        out.note("coverage.status.project", "statuses of a forge do not exist here")
        return
    for name, said in (project or {}).items():
        key = f"coverage.status.project.{name}"
        own = said if isinstance(said, Mapping) else {}
        target = _number(own.get("target"))
        if not own.get("paths"):
            out.note(key, "a floor belongs to a component; there is none for a whole project or a flag")
        elif own.get("flags"):
            out.note(key, "a component has paths, not flags")
        elif target is None:
            out.note(key, f"{own.get('target', 'auto')!r} is no fixed number")
        else:
            out.rest(key, own, "paths", "target", reason="a floor has no such thing")
            _add(out, rows, key, str(name), own["paths"], target)


def _add(
    out: Translation, rows: list[dict[str, Any]], key: str, name: str, paths: Any, floor: float | None
) -> None:
    """Add a component, when it has a name of its own and paths."""
    if not _fits(out, key, name):
        return
    if any(row["name"] == name for row in rows):
        out.note(key, f"there is a component {name!r} already")
        return
    patterns = out.patterns(f"{key}.paths", paths)
    if not patterns:
        out.note(key, "it names no path")
        return
    rows.append({"name": name, "paths": patterns, **({} if floor is None else {"floors": {"lines": floor}})})


def _floor(out: Translation, key: str, statuses: list[Any]) -> float | None:
    """Return the target of the first status of the kind `project` that has a fixed one."""
    found: float | None = None
    for number, status in enumerate(statuses):
        own = status if isinstance(status, Mapping) else {}
        target = _number(own.get("target"))
        if own.get("type") == "project" and target is not None and found is None:
            found = target
            out.rest(f"{key}[{number}]", own, "type", "target", reason="a floor has no such thing")
        else:
            kind, wanted = own.get("type", "?"), own.get("target", "auto")
            out.note(f"{key}[{number}]", f"a {kind} status with the target {wanted!r} is no floor")
    return found


def _paths(out: Translation, document: Mapping[str, Any], coverage: Mapping[str, Any]) -> None:
    paths: dict[str, Any] = {}
    fixes: list[dict[str, Any]] = []
    ignored: list[str] = []
    for key, place in (("", document), ("coverage.", coverage)):
        ignored += out.patterns(f"{key}ignore", place.get("ignore"))
        for said in _list(place, "fixes"):
            try:
                fixes.append(fix_of(str(said)))
            except UntranslatableError as error:
                out.note(f"{key}fixes: {said}", f"left out: {error}")
    if fixes:
        paths["fixes"] = fixes
    if ignored:
        paths["ignore"] = [{"paths": ignored, "reason": "from codecov.yml"}]
    if paths:
        out.said["paths"] = paths


def _fits(out: Translation, key: str, name: str) -> bool:
    if name.strip() and len(name) <= MAX_NAME:
        return True
    out.note(key, f"a name has 1 to {MAX_NAME} characters")
    return False


def _number(target: Any) -> float | None:
    """Return a target such as 80, "80" or "80%" as per cent, None for `auto`."""
    try:
        found = float(str(target).strip().removesuffix("%"))
    except ValueError:
        return None
    return found if 0 <= found <= 100 and not isinstance(target, bool) else None


def _table(said: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = said.get(key)
    return found if isinstance(found, Mapping) else {}


def _list(said: Mapping[str, Any], key: str) -> list[Any]:
    found = said.get(key)
    return found if isinstance(found, list) else []
