"""How long one stays signed in."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from covdash.accounts.models import User
from covdash.accounts.sessions import BEGAN, DAY, LONGEST, SEEN

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> Client:
    """Somebody who is signed in and has been here today."""
    client.force_login(User.objects.create_user("ada"))
    client.get("/help")
    return client


def test_a_visit_moves_the_end_once_a_day(ada: Client) -> None:
    """14 days count from the last day of use; other visits of the day write nothing."""
    session = ada.session
    session[SEEN] = int(time.time()) - DAY - 1
    session.save()
    Session.objects.update(expire_date=timezone.now() + timedelta(days=2))

    ada.get("/help")
    renewed = Session.objects.get().expire_date
    assert renewed > timezone.now() + timedelta(days=13)

    ada.get("/help")
    assert Session.objects.get().expire_date == renewed


def test_ninety_days_are_the_end(ada: Client) -> None:
    session = ada.session
    session[BEGAN] = int(time.time()) - LONGEST - 1
    session.save()

    ada.get("/help")
    assert "_auth_user_id" not in ada.session


def test_a_visitor_without_a_session_costs_no_question(client: Client) -> None:
    client.get("/help")

    assert Session.objects.count() == 0
