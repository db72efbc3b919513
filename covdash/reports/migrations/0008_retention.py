"""Retention: what the last sweep did, whose raw files are gone, which objects are young."""

from __future__ import annotations

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [
        ("projects", "0004_thinned_commits"),
        ("reports", "0007_gate_waivers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Sweep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_dry", models.BooleanField(default=False)),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True)),
                ("found", models.JSONField(default=dict)),
            ],
        ),
        migrations.AddField(
            model_name="upload",
            name="raw_gone_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="coverageobject",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["created_at"], name="coverage_object_young"
            ),
        ),
        migrations.AddField(
            model_name="sweep",
            name="project",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.AddConstraint(
            model_name="sweep",
            constraint=models.UniqueConstraint(
                fields=("project", "is_dry"), name="sweep_last", nulls_distinct=False
            ),
        ),
    ]
