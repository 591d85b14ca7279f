"""What is installed is what was locked, under licences that allow what the project does, without known weaknesses where a list of them is.

The list: ``TINGJIAN_AUDIT_DB`` names a folder or a ZIP of advisories in OSV's form; without it that check is skipped, and says so.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from dependencies import ROOT, all_extras, database, installed, licence, needed, pins, project, weaknesses

#: Tools that install the rest and come with Python.
INSTALLERS = {"pip", "setuptools"}

#: Licences under which everything may be used and passed on beside Apache-2.0 code; LGPL because its library stays a library of its own.
ALLOWED = re.compile(
    r"MIT|MIT-0|MIT License|BSD|BSD License|[023]-?Clause BSD License|0BSD|BSD-[23]-Clause|ISC|ISC License \(ISCL\)|Apache[- ]2\.0"
    r"|Apache 2\.0 License|Apache Software License|Apache-2\.0 WITH LLVM-exception|PSF-2\.0|Python Software Foundation License|Zlib"
    r"|CC0-1\.0|CNRI-Python|MPL-2\.0|Mozilla Public License 2\.0 \(MPL 2\.0\)|LGPL-3\.0-only|BSL-1\.0|Unlicense"
)
#: Packages whose metadata is silent or whole texts, read by a person.
READ: dict[str, str] = {}


def test_everything_that_is_needed_is_locked_to_what_is_installed() -> None:
    names, absent = needed(all_extras(), building=True)
    locked = pins()
    assert len(names) > 50  # the walk walked
    assert sorted((names | absent) - set(locked) - INSTALLERS) == []
    public = {name: installed()[name].version.partition("+")[0] for name in names - INSTALLERS}
    assert {name: (locked[name], version) for name, version in public.items() if locked[name] != version} == {}


def test_nothing_that_a_user_installs_is_absent_here() -> None:
    _, absent = needed(())
    assert absent == set()


def test_every_lock_is_exact() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.!+]*", line)] == []
    assert len({line.lower() for line in lines}) == len(lines)


def refused(expression: str) -> list[str]:
    """The licences of an expression that are not allowed; of alternatives one is enough."""
    wrong = []
    for part in re.split(
        r"\s+AND\s+", expression.replace("(MPL 2.0)", "{MPL}").replace("(ISCL)", "{ISCL}").replace("(", "").replace(")", "")
    ):
        options = [one.replace("{MPL}", "(MPL 2.0)").replace("{ISCL}", "(ISCL)").strip() for one in re.split(r"\s+OR\s+", part)]
        if not any(ALLOWED.fullmatch(option) for option in options):
            wrong.append(part)
    return wrong


def test_every_licence_is_allowed() -> None:
    names, _ = needed(all_extras())
    assert {name: licence(name) for name in sorted(names) if name not in READ and (not licence(name) or refused(licence(name)))} == {}


@pytest.mark.parametrize("expression", ["AGPL-3.0-only", "GPL-3.0-or-later", "MIT AND GPL-2.0-only", "Proprietary", ""])
def test_a_licence_that_is_not_allowed_is_seen(expression: str) -> None:
    assert refused(expression) != []


def test_known_weaknesses_are_found_by_version(tmp_path: Path) -> None:
    ranged = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.5"}]}
    told = [
        {"id": "A-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "Some_Thing"}, "ranges": [ranged]}]},
        {"id": "A-2", "affected": [{"package": {"ecosystem": "PyPI", "name": "some-thing"}, "versions": ["2.5"]}]},
        {"id": "A-3", "affected": [{"package": {"ecosystem": "npm", "name": "some-thing"}, "versions": ["2.4"]}]},
        {
            "id": "A-4",
            "withdrawn": "2026-01-01",
            "affected": [{"package": {"ecosystem": "PyPI", "name": "some-thing"}, "versions": ["2.4"]}],
        },
    ]
    for one in told:
        (tmp_path / f"{one['id']}.json").write_text(json.dumps(one), encoding="utf-8")
    assert weaknesses(tmp_path, {"some-thing": "2.4"}) == ["A-1: some-thing 2.4"]
    assert weaknesses(tmp_path, {"some-thing": "2.5"}) == ["A-2: some-thing 2.5"]
    assert weaknesses(tmp_path, {"other": "2.4"}) == []


def test_no_locked_version_has_a_known_weakness() -> None:
    place = database()
    if place is None:
        pytest.skip("TINGJIAN_AUDIT_DB names no advisories; with a network: make audit")
    assert weaknesses(place, pins()) == []


def test_the_tools_of_the_audit_are_no_users_business() -> None:
    dependencies = " ".join(project()["project"]["dependencies"])
    assert "cyclonedx" not in dependencies
    assert "pip-audit" not in dependencies


def test_what_we_ship_is_what_was_looked_at() -> None:
    """Scripts of others by their SHA-256, against a list that is changed by hand; each folder with its licence."""
    listed = dict(reversed(line.split("  ", 1)) for line in (ROOT / "tests/data/shipped.sha256").read_text(encoding="utf-8").splitlines())
    folder = ROOT / "qa/report/static/vendor"
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    assert {path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths} == listed
    for vendored in sorted(folder.iterdir()):
        assert (vendored / "LICENSE").stat().st_size > 500, vendored


def test_the_weights_have_the_sums_that_loading_checks() -> None:
    folder = ROOT / "qa/sentiment/builtin"
    sums = dict(reversed(line.split("  ", 1)) for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines())
    assert set(sums) == {path.name for path in folder.iterdir() if path.suffix in (".safetensors", ".json")}
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sums} == sums
