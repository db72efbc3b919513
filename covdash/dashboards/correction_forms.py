"""Forms of corrections and of rules for paths. They check shape; what may be done is decided in `covdash.reports` and `projects`."""

from __future__ import annotations

from typing import Any

from django import forms

from covdash.coverage.path_rules import MAX_FIND
from covdash.projects.configuration import Fix, Ignore, Paths

KINDS = (
    ("prefix", "Rewrite a prefix"),
    ("regex", "Rewrite by a regular expression"),
    ("ignore", "Leave files out"),
)
THEN = (
    ("this", "read this upload again"),
    ("all", "read all uploads of the project again"),
    ("later", "only from the next upload on"),
)
_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class RuleForm(forms.Form):
    """One rule for paths."""

    kind = forms.ChoiceField(label="What to do", choices=KINDS, initial="prefix")
    find = forms.CharField(
        label="Path",
        required=False,
        strip=True,
        max_length=MAX_FIND,
        help_text="A prefix of reported paths (/app/), a regular expression matched from their beginning (/builds/[^/]+/), or a "
        "pattern of repository files (generated/**).",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    to = forms.CharField(
        label="Becomes",
        required=False,
        max_length=MAX_FIND,
        help_text="What stands there instead; nothing, to cut it away. Groups of an expression are \\1, \\2.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=500,
        help_text="Why the files are left out; shown wherever they would be.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for what each kind needs."""
        words = super().clean() or {}
        kind, find = words.get("kind"), words.get("find", "")
        if kind != "prefix" and not find:
            self.add_error("find", "Say which paths.")
        if kind == "prefix" and not find and not words.get("to", ""):
            self.add_error("find", "Say which prefix, or what to put before every path.")
        if kind == "ignore" and not words.get("reason", ""):
            self.add_error("reason", "Say why, so that others understand the numbers.")
        return words

    def added_to(self, paths: Paths) -> Paths:
        """Return `paths` with this rule at its end; as they are when it is there already."""
        words = self.cleaned_data
        if words["kind"] == "ignore":
            ignored = Ignore(paths=(words["find"],), reason=words["reason"])
            return Paths(fixes=paths.fixes, ignore=tuple(dict.fromkeys((*paths.ignore, ignored))))
        fix = Fix(find=words["find"], to=words["to"], kind=words["kind"])
        return Paths(fixes=tuple(dict.fromkeys((*paths.fixes, fix))), ignore=paths.ignore)


class ExcludeForm(forms.Form):
    """Why an upload is left out."""

    why = forms.CharField(
        label="Reason", max_length=500, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class DeleteUploadForm(forms.Form):
    """Deleting is confirmed by typing the beginning of the id."""

    confirm = forms.CharField(required=False, widget=forms.TextInput(attrs=_PLAIN))

    def __init__(self, *args: Any, upload_id: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wanted = upload_id[:8]

    def clean_confirm(self) -> str:
        """Compare with the id."""
        typed: str = self.cleaned_data["confirm"].strip().lower()
        if typed != self.wanted:
            raise forms.ValidationError(
                f"Nothing was deleted. Type {self.wanted} exactly to delete the upload."
            )
        return typed


class LendForm(forms.Form):
    """The commit that a report is to stand for, and its git branch when no upload named it."""

    sha = forms.CharField(
        label="Commit id", max_length=64, help_text="All 40 digits.", widget=forms.TextInput(attrs=_PLAIN)
    )
    branch = forms.ChoiceField(label="Git branch", required=False)

    def __init__(self, *args: Any, branches: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["branch"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "as its uploads say"), *((name, name) for name in branches)]
