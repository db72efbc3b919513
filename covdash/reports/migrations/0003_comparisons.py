"""Comparisons of two reports."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [
        ("projects", "0002_completeness_and_settings"),
        ("reports", "0002_slots_trees_announcements"),
    ]

    operations = [
        migrations.CreateModel(
            name="Comparison",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.BinaryField(max_length=32)),
                ("data", models.BinaryField()),
                ("files", models.PositiveIntegerField()),
                ("unknown", models.PositiveIntegerField(default=0)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="projects.project"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["made_at"], name="comparison_age")],
                "constraints": [models.UniqueConstraint(fields=("project", "key"), name="comparison_once")],
            },
        ),
    ]
