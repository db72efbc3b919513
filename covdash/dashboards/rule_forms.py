"""Forms of the rules of a project: flags, components, completeness. They turn text into values and back.

What the values may be is decided in `covdash.projects.configuration`; its errors are pinned to the fields they are about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from covdash.coverage.totals import KINDS
from covdash.projects.configuration import ConfigurationError

MAX_ROWS = 500
_PLACE = re.compile(r"[a-z]+\[(?P<row>[0-9]+)\](?:\.(?P<field>[a-z_]+))?.*")
_FLOOR = re.compile(r"(?P<metric>[a-z]+)\s*[:=]?\s*(?P<least>[0-9]+(?:[.][0-9]+)?)\s*%?")
_QUIET = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class LinesField(forms.CharField):
    """A list of texts, one on each line; empty lines are nothing."""

    def __init__(self, *, rows: int = 3, **words: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={**_QUIET, "rows": rows, "cols": 40}), **words)

    def to_python(self, value: Any) -> Any:
        """Return the lines as a list."""
        return lines_of(super().to_python(value))

    def prepare_value(self, value: Any) -> Any:
        """Return the text of a list."""
        return value if isinstance(value, str) or value is None else "\n".join(value)


class FloorsField(forms.CharField):
    """Floors as people write them: `lines 80, branches 60.5`. On pages code branches are called arms; both words are read."""

    def to_python(self, value: Any) -> Any:
        """Return metric -> least per cent. Raises `ValidationError`."""
        found: dict[str, float] = {}
        for part in re.split(r"[,;\n]", super().to_python(value) or ""):
            if not part.strip():
                continue
            told = _FLOOR.fullmatch(part.strip().lower())
            if told is None:
                raise forms.ValidationError(f"{part.strip()[:40]!r} is no floor; write: lines 80, arms 60")
            metric = "branches" if told["metric"] == "arms" else told["metric"]
            if metric not in KINDS:
                raise forms.ValidationError(f"{told['metric'][:40]!r} is no metric: {', '.join(KINDS)}")
            found[metric] = float(told["least"])
        return found

    def prepare_value(self, value: Any) -> Any:
        """Return the text of floors."""
        if isinstance(value, Mapping):
            words = {"branches": "arms"}
            return ", ".join(f"{words.get(metric, metric)} {least:g}" for metric, least in value.items())
        return value


class FlagForm(forms.Form):
    """What is said of one flag."""

    name = forms.CharField(label="Flag", max_length=64, required=False, widget=forms.TextInput(attrs=_QUIET))
    carry_forward = forms.BooleanField(required=False, label="Carry forward")
    max_age_days = forms.IntegerField(label="For at most (days)", min_value=1, max_value=3650, initial=30)
    paths = LinesField(label="Only these paths", rows=2, required=False)

    def said(self) -> dict[str, Any]:
        """Return the values that are other than by default; only the name for none."""
        told = self.cleaned_data
        found: dict[str, Any] = {"name": told["name"].strip()}
        if told["carry_forward"]:
            found["carry_forward"] = True
        if told["max_age_days"] != FlagForm.base_fields["max_age_days"].initial:
            found["max_age_days"] = told["max_age_days"]
        if told["paths"]:
            found["paths"] = told["paths"]
        return found

    def clean(self) -> dict[str, Any]:
        """Ask for a name where something is said."""
        told = super().clean() or {}
        if not told.get("name", "").strip() and (told.get("carry_forward") or told.get("paths")):
            self.add_error("name", "Name the flag that this is said of.")
        return told


class ComponentForm(forms.Form):
    """One component."""

    name = forms.CharField(label="Name", max_length=64, required=False, widget=forms.TextInput(attrs=_QUIET))
    paths = LinesField(label="Paths, one on each line", required=False)
    weight = forms.IntegerField(label="Weight, 0 to 10", min_value=0, max_value=10, initial=1)
    floors = FloorsField(
        label="Floors",
        required=False,
        widget=forms.TextInput(attrs={**_QUIET, "placeholder": "lines 80, arms 60"}),
    )

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed into it."""
        return not any(str(self[name].value() or "").strip() for name in ("name", "paths", "floors"))

    def said(self) -> dict[str, Any]:
        """Return the values of the component."""
        told = self.cleaned_data
        found = {"name": told["name"].strip(), "paths": told["paths"]}
        if told["weight"] != ComponentForm.base_fields["weight"].initial:
            found["weight"] = told["weight"]
        if told["floors"]:
            found["floors"] = told["floors"]
        return found


class CompletenessForm(forms.Form):
    """When the report of a commit is complete."""

    expect = LinesField(
        label="Expected uploads, one on each line",
        rows=5,
        required=False,
        help_text="The name of a job, flags, or both: test, e2e, or test [unit, linux].",
    )
    learn = forms.BooleanField(required=False, label="Without such a list, expect what always arrived lately")
    quiet_minutes = forms.IntegerField(
        label="Take a report as complete after so many minutes without an upload",
        min_value=1,
        max_value=7 * 24 * 60,
    )

    def said(self) -> dict[str, Any]:
        """Return the values that are other than by default."""
        told = self.cleaned_data
        found: dict[str, Any] = {"expect": told["expect"]} if told["expect"] else {}
        if not told["learn"]:
            found["learn"] = False
        if told["quiet_minutes"] != 30:
            found["quiet_minutes"] = told["quiet_minutes"]
        return found


class ForksForm(forms.Form):
    """Whether pull requests of forks may send."""

    forks = forms.BooleanField(
        required=False, label="Pull requests of forks may send without a token, into a set of their own"
    )

    def said(self) -> dict[str, Any]:
        """Return the values that are other than by default."""
        return {"forks": True} if self.cleaned_data["forks"] else {}


class RetentionForm(forms.Form):
    """For how many days things are kept; an empty field is as the operator says."""

    raw_days = forms.IntegerField(
        label="Raw uploads, in days",
        help_text="The reports as they were sent: needed to read an upload again after a mended parser or a changed rule, and to "
        "download it. Uploads are tried again for a day, so 7 days are the least. Numbers, files and lines do not need them.",
    )
    branch_days = forms.IntegerField(
        label="Files and lines of other git branches, in days after their last report",
        help_text="Of commits that are on the default branch, too, the next field decides. 30 days are the least.",
    )
    commit_days = forms.IntegerField(
        label="Files and lines of every commit of the default branch, in days",
        help_text="Of older days the last complete report keeps its files and lines, and so do releases. 30 days are the least.",
    )

    def __init__(self, *words: Any, defaults: Mapping[str, int], **more: Any) -> None:
        super().__init__(*words, **more)
        for name, field in self.fields.items():
            field.required = False
            days = defaults[name]
            field.widget.attrs |= {
                "min": 0,
                "max": 36_500,
                "placeholder": f"{days} days" if days else "for ever",
            }
            field.help_text += (
                f" 0 is for ever; empty is as the operator says: {f'{days} days' if days else 'for ever'}."
            )

    def said(self) -> dict[str, Any]:
        """Return the values that were filled in."""
        return {name: days for name, days in self.cleaned_data.items() if days is not None}


FlagForms = forms.formset_factory(FlagForm, extra=0, max_num=MAX_ROWS, absolute_max=MAX_ROWS + 1)
ComponentForms = forms.formset_factory(
    ComponentForm, extra=0, max_num=MAX_ROWS, absolute_max=MAX_ROWS + 1, validate_max=True
)


def lines_of(value: str | Sequence[str] | None) -> list[str]:
    """Return the lines of what stands in a `LinesField`, typed or filled in."""
    lines = value.splitlines() if isinstance(value, str) else value or ()
    return [line.strip() for line in lines if line.strip()]


def typed(rows: Sequence[forms.Form]) -> list[dict[str, Any]]:
    """Return what was typed into rows, right or wrong, to fill other rows with it."""
    return [{name: row[name].value() for name in row.fields} for row in rows]


def pin(error: ConfigurationError, rows: Sequence[forms.Form]) -> bool:
    """Tie an error of the configuration to the row and field it is about; says whether it is about one.

    `rows` are those that the values came from, in their order.
    """
    place = _PLACE.fullmatch(error.where)
    if place is None or int(place["row"]) >= len(rows):
        return False
    row = rows[int(place["row"])]
    row.add_error(place["field"] if place["field"] in row.fields else None, error.message)
    return True
