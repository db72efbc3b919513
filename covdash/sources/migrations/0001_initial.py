"""Source texts by git blob id."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module."""

    initial = True

    dependencies = [
        ("projects", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SourceObject",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id", "blob", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("blob", models.BinaryField(max_length=32)),
                ("size", models.PositiveIntegerField()),
                ("data", models.BinaryField()),
                ("highlighted", models.BinaryField(null=True)),
                ("highlighter", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
            ],
        ),
        # The texts are compressed already: PostgreSQL need not try again.
        migrations.RunSQL(
            "ALTER TABLE sources_sourceobject ALTER COLUMN data SET STORAGE EXTERNAL, "
            "ALTER COLUMN highlighted SET STORAGE EXTERNAL",
            migrations.RunSQL.noop,
        ),
    ]
