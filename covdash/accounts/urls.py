"""The addresses of allauth that this installation offers: sign in and out, change the password, confirm who you are.

What needs mail (resetting a password, confirming an address) has no address until mail can be configured.
"""

from __future__ import annotations

from allauth.account import views
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.cache import never_cache

from covdash.accounts.views import SignOutView, me

urlpatterns: list[URLPattern | URLResolver] = [
    path("login", views.login, name="account_login"),
    path("logout", never_cache(SignOutView.as_view()), name="account_logout"),
    path("signup", views.signup, name="account_signup"),
    path("me", never_cache(me), name="me"),
    path("account/password", never_cache(views.password_change), name="account_change_password"),
    path("account/confirm", never_cache(views.reauthenticate), name="account_reauthenticate"),
    path("account/inactive", views.account_inactive, name="account_inactive"),
]
