"""Commits whose files and lines retention removed."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [
        ("projects", "0003_paused"),
    ]

    operations = [
        migrations.AddField(
            model_name="commit",
            name="thinned_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="commit",
            name="thinned_why",
            field=models.CharField(blank=True, db_default="", max_length=16),
        ),
    ]
