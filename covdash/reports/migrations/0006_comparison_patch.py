"""Sums of the new lines beside each comparison, for lists."""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("reports", "0005_dismissals_and_reviews")]

    operations = [
        migrations.AddField(
            model_name="comparison",
            name="patch",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveIntegerField(), null=True, size=4
            ),
        ),
    ]
