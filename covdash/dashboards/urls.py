"""Addresses of the reading room: a table of contents, kept by hand. How links are made is in `addresses.py`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path, register_converter

from covdash.dashboards import converters
from covdash.dashboards.views import (
    badge,
    branch,
    branches,
    code_map,
    commits,
    compare,
    component_rules,
    corrections,
    file,
    gaps,
    ops,
    overview,
    path_rules,
    report_files,
    rules,
    search,
    settings,
    tree,
    upload,
    uploads,
)
from covdash.dashboards.views.help import help_page
from covdash.dashboards.views.projects import group_page, new_project, projects
from covdash.dashboards.views.setup import setup, setup_token

register_converter(converters.Slug, "slugs")
register_converter(converters.Name, "rest")

_FORGES = "|".join(badge.FORGES)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", projects, name="projects"),
    path("o/<slugs:group>/", group_page, name="group"),
    path("new", new_project, name="new_project"),
    path("p/<slugs:slug>/-/setup", setup, name="setup"),
    path("p/<slugs:slug>/-/setup/token", setup_token, name="setup_token"),
    path("p/<slugs:slug>/-/settings/general", settings.general, name="settings"),
    path("p/<slugs:slug>/-/settings/general/branch", settings.default_branch, name="settings_branch"),
    path("p/<slugs:slug>/-/settings/general/visibility", settings.visibility, name="settings_visibility"),
    path("p/<slugs:slug>/-/settings/general/rename", settings.rename, name="settings_rename"),
    path("p/<slugs:slug>/-/settings/general/delete", settings.delete, name="settings_delete"),
    path("p/<slugs:slug>/-/settings/flags", rules.flags, name="settings_flags"),
    path("p/<slugs:slug>/-/settings/components", component_rules.show, name="settings_components"),
    path("p/<slugs:slug>/-/settings/completeness", rules.completeness, name="settings_completeness"),
    path("p/<slugs:slug>/-/settings/forks", rules.forks, name="settings_forks"),
    path("p/<slugs:slug>/-/settings/file", rules.file, name="settings_file"),
    path("p/<slugs:slug>/-/settings/members", settings.member_list, name="members"),
    path("p/<slugs:slug>/-/settings/members/add", settings.add_member, name="member_add"),
    path("p/<slugs:slug>/-/settings/members/<int:user_id>", settings.change_member, name="member_change"),
    path("p/<slugs:slug>/-/settings/tokens", settings.token_list, name="tokens"),
    path("p/<slugs:slug>/-/settings/tokens/make", settings.make_token, name="token_make"),
    path(
        "p/<slugs:slug>/-/settings/tokens/<int:token_id>/revoke", settings.revoke_token, name="token_revoke"
    ),
    path("p/<slugs:slug>/-/settings/badges", badge.settings, name="badges"),
    path("p/<slugs:slug>/-/badge.svg", badge.picture, name="badge"),
    path("p/<slugs:slug>/-/badge.json", badge.endpoint, name="badge_json"),
    # Badges at the addresses of other services: an image in a README is moved here by changing its host.
    re_path(
        rf"^(?P<service>{_FORGES})/(?P<slug>[^?#]+?)/(?:branch/(?P<branch>.+)/)?graphs?/badge\.(?P<form>svg|txt)$",
        badge.codecov,
        name="badge_codecov",
    ),
    re_path(r"^repos/(?P<slug>[^?#]+)/badge\.svg$", badge.coveralls, name="badge_coveralls"),
    path("ops/", ops.show, name="ops"),
    path("search", search.search, name="search"),
    path("p/<slugs:slug>/-/settings/paths", path_rules.listing, name="paths"),
    path("p/<slugs:slug>/-/settings/paths/add", path_rules.add, name="path_rule_add"),
    path("p/<slugs:slug>/-/settings/paths/change", path_rules.change, name="path_rule_change"),
    path("p/<slugs:slug>/-/settings/paths/again", path_rules.read_all_again, name="read_all_again"),
    path("p/<slugs:slug>/-/settings/audit", corrections.audit, name="audit"),
    path("help", help_page, name="help"),
    path("p/<slugs:slug>/", overview.show, name="overview"),
    path("p/<slugs:slug>/-/tree/", tree.show, name="tree_root"),
    path("p/<slugs:slug>/-/tree/<rest:path>", tree.show, name="tree"),
    path("p/<slugs:slug>/-/arms", gaps.arms_never_taken, name="arms"),
    path("p/<slugs:slug>/-/functions", gaps.functions_never_called, name="functions"),
    path("p/<slugs:slug>/-/map/", code_map.show, name="map_root"),
    path("p/<slugs:slug>/-/map/<rest:path>", code_map.show, name="map"),
    path("p/<slugs:slug>/-/file/<rest:path>", file.show, name="file"),
    path("p/<slugs:slug>/-/raw/<rest:path>", file.raw, name="file_raw"),
    path("p/<slugs:slug>/-/lines/<rest:path>.json", file.lines, name="file_lines"),
    path("p/<slugs:slug>/-/branch/<rest:name>", branch.show, name="branch"),
    path("p/<slugs:slug>/-/branches", branches.listing, name="branches"),
    path("p/<slugs:slug>/-/uploads", uploads.listing, name="uploads"),
    path("p/<slugs:slug>/-/commits", commits.listing, name="commits"),
    path("p/<slugs:slug>/-/commit/<str:sha>", commits.show, name="commit"),
    re_path(
        r"^p/(?P<slug>[^?#]+?)/-/commit/(?P<sha>[^/]+)/(?P<form>lcov\.info|cobertura\.xml)$",
        report_files.show,
        name="export",
    ),
    path("p/<slugs:slug>/-/compare", compare.show, name="compare"),
    path("p/<slugs:slug>/-/pulls", compare.pull_list, name="pulls"),
    path("p/<slugs:slug>/-/pull/<int:number>", compare.pull, name="pull"),
    path("p/<slugs:slug>/-/commit/<str:sha>/lend", corrections.lend, name="commit_lend"),
    path("p/<slugs:slug>/-/commit/<str:sha>/own", corrections.own_report, name="commit_own"),
    path("p/<slugs:slug>/-/upload/<str:upload_id>", upload.show, name="upload"),
    path("p/<slugs:slug>/-/upload/<str:upload_id>/rule", path_rules.try_rule, name="rule_try"),
    path("p/<slugs:slug>/-/upload/<str:upload_id>/rule/save", path_rules.save_rule, name="rule_save"),
    path("p/<slugs:slug>/-/upload/<str:upload_id>/exclude", corrections.exclude, name="upload_exclude"),
    path("p/<slugs:slug>/-/upload/<str:upload_id>/include", corrections.include, name="upload_include"),
    path("p/<slugs:slug>/-/upload/<str:upload_id>/delete", corrections.delete, name="upload_delete"),
    path("p/<slugs:slug>/-/upload/<str:upload_id>/again", corrections.reprocess, name="upload_again"),
    path("p/<slugs:slug>/-/upload/<str:upload_id>/raw/<int:number>", corrections.raw, name="upload_raw"),
]
