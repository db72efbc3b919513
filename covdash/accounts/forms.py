"""The sign-in form in our own words; how it signs in is allauth's."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm


class SignInForm(LoginForm):  # type: ignore[misc]
    """User name or e-mail address, password, and whether the session outlives the browser window."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "User name or e-mail address"
        self.fields["remember"].label = "Stay signed in on this browser for two weeks"
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
