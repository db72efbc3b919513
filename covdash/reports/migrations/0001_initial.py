"""Uploads, commit reports, and the two hash-partitioned tables: coverage objects and change points."""

from __future__ import annotations

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.db import migrations, models

import covdash.reports.models.fields

PARTITIONS = 16
"""Enough that one partition can move to a machine of its own; every key and every query carries the project."""


def _partitioned(table: str, columns: str) -> list[str]:
    """Return the statements for a hash-partitioned table; Django cannot say `PARTITION BY`."""
    return [
        f"CREATE TABLE {table} ({columns}) PARTITION BY HASH (project_id)",
        *(
            f"CREATE TABLE {table}_{part:02} PARTITION OF {table} "
            f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part})"
            for part in range(PARTITIONS)
        ),
    ]


def _reference(column: str, table: str) -> str:
    return f"{column} bigint NOT NULL REFERENCES {table} (id) DEFERRABLE INITIALLY DEFERRED"


def _drop(table: str) -> str:
    return f"DROP TABLE {table}"


_COVERAGE_OBJECT = [
    *_partitioned(
        "reports_coverage_object",
        f"{_reference('project_id', 'projects_project')}, "
        "digest bytea NOT NULL, "
        "data bytea NOT NULL, "
        "created_at timestamptz NOT NULL DEFAULT statement_timestamp(), "
        "PRIMARY KEY (project_id, digest)",
    ),
    # The bytes are compressed already: PostgreSQL need not try again. Partitions do not inherit this on every version.
    *(
        f"ALTER TABLE reports_coverage_object_{part:02} ALTER COLUMN data SET STORAGE EXTERNAL"
        for part in range(PARTITIONS)
    ),
]
_CHANGE_POINT = [
    *_partitioned(
        "reports_change_point",
        f"{_reference('project_id', 'projects_project')}, "
        f"{_reference('branch_id', 'projects_branch')}, "
        "flag varchar(64) NOT NULL, "
        f"{_reference('path_id', 'reports_path')}, "
        "at timestamptz NOT NULL, "
        f"{_reference('commit_id', 'projects_commit')}, "
        "totals bytea NULL, "
        "PRIMARY KEY (project_id, branch_id, flag, path_id, at, commit_id)",
    ),
    "CREATE INDEX change_point_of_commit ON reports_change_point (project_id, branch_id, flag, at, commit_id)",
]


class Migration(migrations.Migration):
    """See the module."""

    initial = True

    dependencies = [
        ("projects", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Path",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("path", models.TextField()),
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
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "flags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), default=list, size=None
                    ),
                ),
                ("job", models.CharField(blank=True, max_length=255)),
                ("attempt", models.PositiveIntegerField(default=1)),
                ("name", models.CharField(blank=True, max_length=255)),
                ("build_url", models.CharField(blank=True, max_length=2000)),
                ("declared_format", models.CharField(blank=True, max_length=64)),
                ("declared", models.JSONField(default=dict)),
                ("files", models.JSONField(default=list)),
                ("identity", models.BinaryField(max_length=32)),
                ("idempotency_key", models.CharField(max_length=255, null=True)),
                ("body_digest", models.BinaryField(max_length=32, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("processing", "Processing"),
                            ("processed", "Processed"),
                            ("failed", "Failed"),
                        ],
                        default="received",
                        max_length=16,
                    ),
                ),
                ("error_code", models.CharField(blank=True, max_length=64)),
                ("error", models.TextField(blank=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease", models.UUIDField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                ("not_before", models.DateTimeField(null=True)),
                ("progress", models.PositiveSmallIntegerField(default=0)),
                ("received_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("queued_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("processed_at", models.DateTimeField(null=True)),
                ("outcomes", models.JSONField(default=list)),
                ("paths", models.JSONField(default=dict)),
                ("root", models.BinaryField(max_length=32, null=True)),
                ("totals", covdash.reports.models.fields.TotalsField(null=True)),
                ("pack_key", models.CharField(blank=True, max_length=255)),
                ("needs_sources", models.BooleanField(default=False)),
                ("context", models.BinaryField(max_length=32, null=True)),
                ("revision", models.PositiveIntegerField(default=0)),
                ("folded", models.PositiveIntegerField(default=0)),
                (
                    "branch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="projects.branch",
                    ),
                ),
                (
                    "commit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uploads",
                        to="projects.commit",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uploads",
                        to="projects.project",
                    ),
                ),
                (
                    "pull",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="projects.pullrequest",
                    ),
                ),
                (
                    "superseded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="reports.upload",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CommitReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("flag", models.CharField(blank=True, max_length=64)),
                ("root", models.BinaryField(max_length=32)),
                ("totals", covdash.reports.models.fields.TotalsField()),
                ("uploads", models.PositiveIntegerField(default=0)),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "commit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reports",
                        to="projects.commit",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="projects.project"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("commit", "flag"), name="commit_report_flag")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="path",
            constraint=models.UniqueConstraint(
                models.F("project"), django.db.models.functions.text.MD5("path"), name="path_once"
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["project", "-received_at", "-id"], name="upload_newest"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                condition=models.Q(("state__in", ["received", "processing"])),
                fields=["received_at"],
                name="upload_open",
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                condition=models.Q(("folded__lt", models.F("revision"))),
                fields=["commit"],
                name="upload_not_folded",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.UniqueConstraint(fields=("commit", "identity"), name="upload_identity"),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.UniqueConstraint(
                fields=("project", "idempotency_key"), name="upload_idempotency_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["received", "processing", "processed", "failed"])),
                name="upload_state",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_COVERAGE_OBJECT, _drop("reports_coverage_object"))],
            state_operations=[
                migrations.CreateModel(
                    name="CoverageObject",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "project_id",
                                "digest",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("digest", models.BinaryField(max_length=32)),
                        ("data", models.BinaryField()),
                        (
                            "created_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
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
                    options={
                        "db_table": "reports_coverage_object",
                    },
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_CHANGE_POINT, _drop("reports_change_point"))],
            state_operations=[
                migrations.CreateModel(
                    name="ChangePoint",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "project_id",
                                "branch_id",
                                "flag",
                                "path_id",
                                "at",
                                "commit_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("flag", models.CharField(blank=True, max_length=64)),
                        ("at", models.DateTimeField()),
                        ("totals", covdash.reports.models.fields.TotalsField(null=True)),
                        (
                            "branch",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="projects.branch",
                            ),
                        ),
                        (
                            "commit",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="projects.commit",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="projects.project",
                            ),
                        ),
                        (
                            "path",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="reports.path",
                            ),
                        ),
                    ],
                    options={
                        "db_table": "reports_change_point",
                    },
                ),
                migrations.AddIndex(
                    model_name="changepoint",
                    index=models.Index(
                        fields=["project", "branch", "flag", "at", "commit"], name="change_point_of_commit"
                    ),
                ),
            ],
        ),
    ]
