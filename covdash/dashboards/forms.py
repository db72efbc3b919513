"""Forms of the reading room. They check shape; what may be done is decided in `covdash.projects`."""

from __future__ import annotations

from typing import Any

from django import forms

from covdash.projects.models import Membership

VISIBILITIES = (
    ("private", "Private"),
    ("public", "Public"),
)
LIFETIMES = (("90", "90 days"), ("365", "a year"), ("730", "two years"), ("", "never"))


class NewProjectForm(forms.Form):
    """Slug and visibility of a new project."""

    slug = forms.CharField(
        label="Slug",
        max_length=255,
        help_text="As in the address of the repository, groups divided by slashes: acme/platform/shop.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )
    visibility = forms.ChoiceField(choices=VISIBILITIES, initial="private", widget=forms.RadioSelect)


class RenameForm(forms.Form):
    """Another slug for the project."""

    slug = forms.CharField(label="Slug", max_length=255)


class DefaultBranchForm(forms.Form):
    """The git branch that pages show by default, one of those that uploads named."""

    default_branch = forms.ChoiceField(label="Default git branch")

    def __init__(self, *args: Any, branches: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["default_branch"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, name) for name in branches]


class VisibilityForm(forms.Form):
    """Who may read the project. Making it public is typed."""

    visibility = forms.ChoiceField(choices=VISIBILITIES, widget=forms.RadioSelect)
    confirm = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slug = slug

    def clean(self) -> dict[str, Any]:
        """Ask for the slug when everybody is going to read the project."""
        words = super().clean() or {}
        if words.get("visibility") == "public" and words.get("confirm", "").strip() != self.slug:
            self.add_error(
                "confirm", f"Type the slug, {self.slug}, to open the project and its sources to everybody."
            )
        return words


class DeleteForm(forms.Form):
    """Deleting is confirmed by typing the slug."""

    confirm = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slug = slug

    def clean_confirm(self) -> str:
        """Compare with the slug."""
        typed: str = self.cleaned_data["confirm"].strip()
        if typed != self.slug:
            raise forms.ValidationError(
                f"Nothing was deleted. Type {self.slug} exactly to delete the project."
            )
        return typed


class MemberForm(forms.Form):
    """A person and a role."""

    username = forms.CharField(
        label="User name",
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    role = forms.ChoiceField(choices=Membership.Role.choices, initial=Membership.Role.MEMBER)
    make_account = forms.BooleanField(
        required=False, label="Make the account if there is none, with a password that is shown once"
    )


class TokenForm(forms.Form):
    """A new upload token."""

    name = forms.CharField(
        label="Name",
        max_length=100,
        help_text="Where it is used, so that you can tell it apart later: GitHub Actions of shop.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    expires = forms.TypedChoiceField(
        label="Valid for", choices=LIFETIMES, initial="365", required=False, coerce=int, empty_value=None
    )
