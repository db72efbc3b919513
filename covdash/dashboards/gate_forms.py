"""Forms of gates and of their waivers. They check shape; what a gate may be is decided in `covdash.coverage.judging`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from covdash.coverage.gates import RULES
from covdash.coverage.gating import Gate, plain
from covdash.coverage.judging import MAX_GATES, NAMED
from covdash.coverage.totals import KINDS, unit
from covdash.reports.waiving import MAX_OWNER, MAX_PULL, MAX_REASON

_QUIET = {"autocomplete": "off", "spellcheck": "false"}
_EVERYWHERE = ("", "all of the code")


class GateForm(forms.Form):
    """One gate, read from left to right as a sentence."""

    component = forms.CharField(label="In", required=False, widget=forms.Select)
    metric = forms.ChoiceField(
        label="Metric", choices=[(kind, unit(kind)) for kind in KINDS], initial="lines"
    )
    rule = forms.ChoiceField(
        label="Rule", choices=[(rule.name, rule.title) for rule in RULES], initial="patch"
    )
    number = forms.FloatField(
        label="Number",
        required=False,
        widget=forms.TextInput(attrs={**_QUIET, "inputmode": "decimal", "size": 8}),
        error_messages={"invalid": "Write a number such as 90 or 0.5."},
    )
    name = forms.CharField(label="Name", max_length=64, required=False, widget=forms.TextInput(attrs=_QUIET))
    informational = forms.BooleanField(label="Informational: it is shown and breaks no build", required=False)

    def __init__(self, *args: Any, components: Sequence[str], **words: Any) -> None:
        """`components` are those to choose from; one that is gone stays to be seen where it is chosen."""
        super().__init__(*args, **words)
        self._components = components
        chosen = str(self["component"].value() or "")
        names = [*components, *([chosen] if chosen and chosen not in components else ())]
        choice = self.fields["component"].widget
        assert isinstance(choice, forms.Select)
        choice.choices = [_EVERYWHERE, *((name, name) for name in names)]

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed into it."""
        typed = str(self["name"].value() or "").strip() or self["number"].value() not in (None, "")
        return not typed and self["rule"].value() == self.fields["rule"].initial

    def clean_component(self) -> str:
        """Refuse a component that is not there: the gate would judge nothing."""
        name = str(self.cleaned_data["component"])
        if name and name not in self._components:
            raise forms.ValidationError(
                "There is no such component now; choose another one, or all of the code."
            )
        return name

    def said(self) -> dict[str, Any]:
        """Return the values that are other than by default, as the configuration wants them."""
        told = self.cleaned_data
        found: dict[str, Any] = {"name": told["name"].strip(), "rule": told["rule"]}
        if told["metric"] != "lines":
            found["metric"] = told["metric"]
        if told["number"] is not None:
            found[NAMED[told["rule"]].number or "least"] = told["number"]
        if told["component"]:
            found["component"] = told["component"]
        if told["informational"]:
            found["informational"] = True
        return found


GateForms = forms.formset_factory(
    GateForm, extra=0, max_num=MAX_GATES, absolute_max=MAX_GATES + 1, validate_max=True
)


class WaiverForm(forms.Form):
    """Which gate may pass, why, who sees to it, and until when."""

    gate = forms.ChoiceField(label="Gate")
    pull = forms.IntegerField(
        label="Pull request", min_value=1, max_value=MAX_PULL, required=False, help_text="Empty: all of them."
    )
    reason = forms.CharField(label="Reason", max_length=MAX_REASON, widget=forms.TextInput(attrs=_QUIET))
    owner = forms.CharField(
        label="Owner", max_length=MAX_OWNER, help_text="Who sees to it that the gate holds again.",
        widget=forms.TextInput(attrs=_QUIET),
    )  # fmt: skip
    until = forms.DateField(
        label="Until and including", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, gates: Sequence[Gate], **words: Any) -> None:
        """`gates` are those in force."""
        super().__init__(*args, **words)
        choice = self.fields["gate"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(gate.name, gate.name) for gate in gates]


def typed_of(gate: Gate) -> dict[str, Any]:
    """Return what the row of a gate is filled with."""
    number = gate.most if gate.least is None else gate.least
    return {
        "component": gate.component,
        "metric": gate.metric,
        "rule": gate.rule,
        "number": None if number is None else plain(number),
        "name": gate.name,
        "informational": gate.informational,
    }
