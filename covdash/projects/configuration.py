"""What a project wants: flags, components, gates, paths, completeness. PURE: values and their reading, no storage.

One shape for both places it can stand in: the settings pages (`Project.settings`) and `covdash.toml` in the repository
(`Project.repository_settings`, from the default branch only, so that a pull request cannot change the rules). A section that stands in
`covdash.toml` wins over that of the pages; `Effective.origin` says which did. `docs/project-settings.md` explains every key.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from covdash.coverage.gating import Gate
from covdash.coverage.globs import PatternError, rule_of
from covdash.coverage.judging import problem
from covdash.coverage.path_rules import MAX_EXPRESSIONS, RuleError, Rules, ignoring, rewriting

MAX_BYTES = 256 * 1024
MAX_RULES = 500
MAX_PATTERNS = 2_000
"""Patterns of all rules of a section together."""
MAX_EXPECTED = 200
Metric = Literal[
    "lines", "branches", "functions", "conditions", "paths", "statements", "instructions", "regions"
]


class ConfigurationError(ValueError):
    """A configuration that cannot be used: where, and why."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.where, self.message = where, message


class Flag(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of one flag. `carry_forward`: its results are taken over from an earlier commit when it did not arrive."""

    name: str
    carry_forward: bool = False
    max_age_days: int = 30
    paths: tuple[str, ...] = ()
    """Only these files count for the flag; none: all."""


class Component(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named part of the code. Of several components that match a file, the first in the list has it."""

    name: str
    paths: tuple[str, ...]
    weight: int = 1
    """0 (never mind) to 10 (authentication, payments, encryption)."""
    floors: dict[Metric, float] = {}
    """Metric -> least per cent."""


class Fix(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rewriting of reported paths, before they are looked up: a prefix, or a regular expression (Python's, with groups in `to`).

    What it may be is told in `covdash/coverage/path_rules.py`. The first that applies is used.
    """

    find: str
    to: str = ""
    kind: Literal["prefix", "regex"] = "prefix"


class Ignore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files that are left out of every report, with the reason."""

    paths: tuple[str, ...]
    reason: str = ""


class Paths(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules for paths, in order."""

    fixes: tuple[Fix, ...] = ()
    ignore: tuple[Ignore, ...] = ()


class Completeness(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the report of a commit is complete.

    `expect` names uploads that must arrive, each as job, flags or `job [flag, flag]`; `learn`: without `expect`, those that always
    arrived lately are expected; after `quiet_minutes` without an upload a report is taken as complete whatever is missing.
    """

    expect: tuple[str, ...] = ()
    learn: bool = True
    quiet_minutes: int = 30


class Uploads(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may send. `forks`: pull requests of forks may send without a token, into a set of their own."""

    forks: bool = False


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how many days things are kept; 0 is for ever, None as the operator of the server says. `keeping.py` says who wins."""

    raw_days: int | None = None
    """The reports as they were sent."""
    branch_days: int | None = None
    """Files and lines of commits that are on other git branches than the default one only, after the last report there."""
    commit_days: int | None = None
    """Those of every commit of the default branch; of older ones the last of each day keep them."""


LEAST_DAYS = {"raw_days": 7, "branch_days": 30, "commit_days": 30}
"""The least of each number of `Retention` besides 0."""


class Configuration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All sections; a section that is not there has its defaults."""

    flags: tuple[Flag, ...] = ()
    components: tuple[Component, ...] = ()
    gates: tuple[Gate, ...] = ()
    paths: Paths = Paths()
    completeness: Completeness = Completeness()
    uploads: Uploads = Uploads()
    retention: Retention = Retention()

    def component_rules(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return (name, patterns) of the components in order: what `covdash.coverage.components.Rules` is made of."""
        return tuple((component.name, component.paths) for component in self.components)

    def flag(self, name: str) -> Flag:
        """Return what is said of a flag, or the defaults."""
        return next((flag for flag in self.flags if flag.name == name), Flag(name=name))


FILE = "covdash.toml"
"""Name of the file in the repository, and the origin of what stands there."""
SECTIONS = tuple(field.name for field in msgspec.structs.fields(Configuration))
PAGES_ONLY = frozenset({"uploads"})
"""Sections that decide who may do what: a file in the repository has no say in them."""


class Effective(msgspec.Struct, frozen=True):
    """The configuration in force, and for each section where it stands: `covdash.toml`, `settings` or `` (defaults)."""

    configuration: Configuration
    origin: dict[str, str]


def parse(said: Mapping[str, Any]) -> Configuration:
    """Check a configuration as JSON or TOML values. Raises `ConfigurationError` that names the place."""
    for where, text in _texts(said):
        if any(letter == "\0" or 0xD800 <= ord(letter) < 0xE000 for letter in text):
            raise ConfigurationError(where, f"{text[:80]!r} holds a character that cannot be stored")
    try:
        found = msgspec.convert(said, Configuration, strict=True)
    except msgspec.ValidationError as error:
        raise _placed(said, str(error)) from error
    _check(found)
    return found


def parse_toml(text: bytes) -> dict[str, Any]:
    """Return the checked values of a `covdash.toml`. Raises `ConfigurationError`."""
    if len(text) > MAX_BYTES:
        raise ConfigurationError("", f"covdash.toml may have {MAX_BYTES} bytes, this has {len(text)}")
    try:
        said = tomllib.loads(text.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigurationError("", f"covdash.toml cannot be read: {error}") from error
    for section in PAGES_ONLY & said.keys():
        raise ConfigurationError(section, "is set in the settings pages only")
    parse(said)
    return said


def effective(*, settings: Mapping[str, Any], repository: Mapping[str, Any]) -> Effective:
    """Return what is in force. Both have been checked when they were stored."""
    said: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for section in SECTIONS:
        if section in repository:
            said[section], origin[section] = repository[section], FILE
        elif section in settings:
            said[section], origin[section] = settings[section], "settings"
        else:
            origin[section] = ""
    return Effective(msgspec.convert(said, Configuration), origin)


def digest_of(part: msgspec.Struct | tuple[msgspec.Struct, ...]) -> str:
    """Return the SHA-256 of a part of a configuration: equal rules, equal digest."""
    return hashlib.sha256(msgspec.json.encode(part, order="deterministic")).hexdigest()


def rules_of(paths: Paths) -> Rules:
    """Return the rules for paths, compiled; they have been checked when they were stored. Raises `RuleError` otherwise."""
    if paths == Paths():
        return Rules()
    return Rules(
        tuple(rewriting(kind=fix.kind, find=fix.find, to=fix.to) for fix in paths.fixes),
        tuple(ignoring(paths=rule.paths, reason=rule.reason) for rule in paths.ignore),
        digest_of(paths),
    )


def _texts(said: object, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield (place, text) of every text in JSON or TOML values, keys too."""
    if isinstance(said, str):
        yield where, said
    elif isinstance(said, Mapping):
        for key, value in said.items():
            yield where, str(key)
            yield from _texts(value, f"{where}.{key}" if where else str(key))
    elif isinstance(said, list | tuple):
        for number, value in enumerate(said):
            yield from _texts(value, f"{where}[{number}]")


_AT = re.compile(r"(?P<message>.*?)(?: - at (?P<key>`key` in )?`\$(?P<where>.*)`)?", re.DOTALL)
_FIELD = re.compile(r"Object (?P<what>contains unknown|missing required) field `(?P<name>.*)`", re.DOTALL)


def _placed(said: Mapping[str, Any], text: str) -> ConfigurationError:
    """Return the error that msgspec tells as `text`, with the place in full: fields that lack or are unknown, keys of tables."""
    told = _AT.fullmatch(text)
    assert told is not None
    message, where = told["message"], (told["where"] or "").removeprefix(".")
    field = _FIELD.fullmatch(message)
    if field is not None:
        where = f"{where}.{field['name']}" if where else field["name"]
        return ConfigurationError(
            where, "is missing" if field["what"].startswith("missing") else "is no key that covdash knows"
        )
    if told["key"]:  # only `floors` is a table with keys of its own
        name = message.removeprefix("Invalid enum value ")
        return ConfigurationError(where, f"{name} is no metric: {', '.join(Metric.__args__)}")  # type: ignore[attr-defined]
    if where.endswith("[...]"):
        table = where.removesuffix("[...]")
        found: Any = said
        for name, number in re.findall(r"([a-z_]+)|\[([0-9]+)\]", table):
            found = found[name] if name else found[int(number)]
        wrong = next((key for key, value in found.items() if isinstance(value, bool | str | list | dict)), "")
        where = f"{table}.{wrong}" if wrong else table
    return ConfigurationError(where, message)


def _check(found: Configuration) -> None:
    named: tuple[tuple[str, tuple[Flag | Component, ...]], ...] = (
        ("flags", found.flags),
        ("components", found.components),
    )
    for section, rules in named:
        _within(section, len(rules), MAX_RULES)
        _within(f"{section}.paths", sum(len(rule.paths) for rule in rules), MAX_PATTERNS)
        names = [rule.name for rule in rules]
        for number, rule in enumerate(rules):
            where = f"{section}[{number}]"
            if not rule.name.strip() or len(rule.name) > 64:
                raise ConfigurationError(f"{where}.name", "a name has 1 to 64 characters")
            if rule.name in names[:number]:
                raise ConfigurationError(f"{where}.name", f"{rule.name!r} is there twice")
            if isinstance(rule, Component) and not rule.paths:
                raise ConfigurationError(f"{where}.paths", "a component names at least one path")
            _globs(f"{where}.paths", rule.paths)
    _check_numbers(found)
    if (wrong := problem(found.gates)) is not None:
        raise ConfigurationError(*wrong)
    for number, ignored in enumerate(found.paths.ignore):
        _globs(f"paths.ignore[{number}].paths", ignored.paths)
    _within("paths.ignore", sum(len(ignored.paths) for ignored in found.paths.ignore), MAX_PATTERNS)
    _within("paths", len(found.paths.fixes) + len(found.paths.ignore), MAX_RULES)
    _within("completeness.expect", len(found.completeness.expect), MAX_EXPECTED)
    for number, expected in enumerate(found.completeness.expect):
        if not expected.strip() or len(expected) > 512:
            raise ConfigurationError(f"completeness.expect[{number}]", "is empty or too long")


def _check_numbers(found: Configuration) -> None:
    for number, flag in enumerate(found.flags):
        _between(f"flags[{number}].max_age_days", flag.max_age_days, 1, 3650)
    for number, component in enumerate(found.components):
        _between(f"components[{number}].weight", component.weight, 0, 10)
        for metric, floor in component.floors.items():
            _between(f"components[{number}].floors.{metric}", floor, 0, 100)
    for number, fix in enumerate(found.paths.fixes):
        try:
            rewriting(kind=fix.kind, find=fix.find, to=fix.to)
        except RuleError as error:
            raise ConfigurationError(f"paths.fixes[{number}]", str(error)) from error
    _within("paths.fixes", sum(fix.kind == "regex" for fix in found.paths.fixes), MAX_EXPRESSIONS)
    _between("completeness.quiet_minutes", found.completeness.quiet_minutes, 1, 7 * 24 * 60)
    for name, least in LEAST_DAYS.items():
        if getattr(found.retention, name):  # neither 0 nor unsaid
            _between(f"retention.{name}", getattr(found.retention, name), least, 36_500)


def _within(where: str, count: int, most: int) -> None:
    if count > most:
        raise ConfigurationError(where, f"there may be {most}, not {count}")


def _between(where: str, value: float, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ConfigurationError(where, f"must be from {least} to {most}")


def _globs(where: str, patterns: tuple[str, ...]) -> None:
    for number, pattern in enumerate(patterns):
        try:
            rule_of(pattern)
        except PatternError as error:
            raise ConfigurationError(f"{where}[{number}]", str(error)) from error
