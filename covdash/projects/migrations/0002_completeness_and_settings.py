"""Settings of projects, tokens of groups, completeness of commits, former slugs."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [
        ("projects", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FormerSlug",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.CharField(max_length=255, unique=True)),
            ],
        ),
        migrations.AddField(
            model_name="commit",
            name="complete_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="commit",
            name="completeness",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="commit",
            name="done_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="commit",
            name="done_by",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
        migrations.AddField(
            model_name="commit",
            name="expects",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="commit",
            name="report_of",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="stands_for",
                to="projects.commit",
            ),
        ),
        migrations.AddField(
            model_name="commit",
            name="tag",
            field=models.CharField(blank=True, db_default="", max_length=255),
        ),
        migrations.AddField(
            model_name="commit",
            name="tree",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
        migrations.AddField(
            model_name="project",
            name="repository_settings",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="project",
            name="repository_settings_sha",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="project",
            name="settings",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="pullrequest",
            name="base_sha",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
        migrations.AddField(
            model_name="pullrequest",
            name="title",
            field=models.CharField(blank=True, db_default="", max_length=500),
        ),
        migrations.AddField(
            model_name="uploadtoken",
            name="group",
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AlterField(
            model_name="uploadtoken",
            name="project",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tokens",
                to="projects.project",
            ),
        ),
        migrations.AddIndex(
            model_name="commit",
            index=models.Index(
                condition=models.Q(("tree", ""), _negated=True),
                fields=["project", "tree"],
                name="commit_tree",
            ),
        ),
        migrations.AddIndex(
            model_name="commit",
            index=models.Index(
                condition=models.Q(("complete_at", None)), fields=["received_at"], name="commit_collecting"
            ),
        ),
        migrations.AddConstraint(
            model_name="uploadtoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("project", None), ("group", ""), _connector="XOR"),
                name="upload_token_of_one",
            ),
        ),
        migrations.AddField(
            model_name="formerslug",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="former_slugs",
                to="projects.project",
            ),
        ),
    ]
