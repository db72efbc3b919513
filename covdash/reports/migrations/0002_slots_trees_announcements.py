"""Slots, tested trees, forks and exclusion of uploads; what was carried forward; announcements."""

from __future__ import annotations

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [
        ("projects", "0002_completeness_and_settings"),
        ("reports", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="commitreport",
            name="carried",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="commitreport",
            name="components",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="commitreport",
            name="components_digest",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
        migrations.AddField(
            model_name="upload",
            name="adds",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="upload",
            name="counted",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="upload",
            name="excluded_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="upload",
            name="excluded_why",
            field=models.CharField(blank=True, db_default="", max_length=500),
        ),
        migrations.AddField(
            model_name="upload",
            name="fork",
            field=models.CharField(blank=True, db_default="", max_length=255),
        ),
        migrations.AddField(
            model_name="upload",
            name="protocol",
            field=models.CharField(blank=True, db_default="", max_length=32),
        ),
        migrations.AddField(
            model_name="upload",
            name="slot",
            field=models.CharField(blank=True, db_default="", max_length=512),
        ),
        migrations.AddField(
            model_name="upload",
            name="tested",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
        migrations.AddField(
            model_name="upload",
            name="tree",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
        migrations.CreateModel(
            name="Announcement",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("commit", "Commit"),
                            ("coverage", "Coverage"),
                            ("tests", "Tests"),
                            ("manifest", "Manifest"),
                        ],
                        max_length=16,
                    ),
                ),
                ("sha", models.CharField(max_length=64)),
                ("fields", models.JSONField(default=dict)),
                ("manifest", models.JSONField(default=dict)),
                ("key", models.CharField(max_length=255, null=True)),
                ("user_agent", models.CharField(blank=True, max_length=500)),
                ("announced_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="projects.project"
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="reports.upload",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["project", "sha", "-announced_at"], name="announcement_of_commit"),
                    models.Index(fields=["announced_at"], name="announcement_age"),
                ],
                "constraints": [models.UniqueConstraint(fields=("project", "key"), name="announcement_key")],
            },
        ),
    ]
