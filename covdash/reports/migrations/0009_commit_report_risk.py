"""What a report misses, by the weights of its components. Reports that have no such number yet are counted anew by the sweep."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("reports", "0008_retention")]

    operations = [
        migrations.AddField("commitreport", "risk", models.FloatField(null=True)),
        migrations.AddField(
            "commitreport", "worst", models.CharField(blank=True, db_default="", max_length=64)
        ),
        migrations.AddField(
            "commitreport", "weights_digest", models.CharField(blank=True, db_default="", max_length=64)
        ),
    ]
