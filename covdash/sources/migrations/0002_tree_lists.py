"""Lists of the files of git trees."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [
        ("projects", "0002_completeness_and_settings"),
        ("sources", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="TreeList",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tree", models.CharField(max_length=64)),
                ("key", models.CharField(max_length=255)),
                ("files", models.PositiveIntegerField()),
                ("received_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="projects.project"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("project", "tree"), name="tree_list_once")],
            },
        ),
    ]
