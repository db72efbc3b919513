"""Forms of the attention list and of the review. They check shape; what may be done is decided in `covdash.reports.reviewing`."""

from __future__ import annotations

from django import forms

from covdash.reports.reviewing import MAX_NOTE, MAX_PATH, MAX_REASON, MAX_TEXT


class DismissForm(forms.Form):
    """Which row is hidden, why, and until when."""

    kind = forms.CharField(max_length=16)
    path = forms.CharField(max_length=MAX_PATH, strip=False)
    reason = forms.CharField(max_length=MAX_REASON)
    until = forms.DateField()


class ReviewForm(forms.Form):
    """What a form of the review is about: the period that ends on `until`, of a git branch."""

    until = forms.DateField()
    branch = forms.CharField(max_length=255, required=False, strip=False)
    weeks = forms.IntegerField(min_value=1, max_value=26, required=False)


class NoteForm(ReviewForm):
    """The notes of a period."""

    body = forms.CharField(max_length=MAX_NOTE, required=False)


class DecisionForm(ReviewForm):
    """A decision with its owner and its day."""

    text = forms.CharField(max_length=MAX_TEXT)
    owner = forms.CharField(max_length=100, required=False)
    due = forms.DateField(required=False)
    component = forms.CharField(max_length=64, required=False)


class SettleForm(ReviewForm):
    """A decision that is done, or open again."""

    number = forms.IntegerField(min_value=1, max_value=2**62)
    done = forms.BooleanField(required=False)
