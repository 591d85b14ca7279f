"""What the project installs: its requirements with all their own, their versions, licences and known weaknesses.

``python tests/dependencies.py`` prints them as a table. All of it comes from the metadata of what is installed; nothing is asked of a
network.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import tomllib
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).parent.parent


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins() -> dict[str, str]:
    """Version by name, as constraints.txt has them."""
    lines = (line.split("#")[0].strip() for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())
    return {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines if line)}


@cache
def installed() -> dict[str, importlib.metadata.Distribution]:
    """Everything in the environment by name."""
    return {canonicalize_name(one.metadata["Name"]): one for one in importlib.metadata.distributions() if one.metadata["Name"]}


def needed(extras: tuple[str, ...], building: bool = False) -> tuple[set[str], set[str]]:
    """The names that the project with these extras needs on this machine, all the way down: those installed, and those not.

    What builds the package is asked for separately: pip installs it into a place of its own and removes it afterwards.
    """
    told = project()["project"]
    texts = [*told["dependencies"], *(text for extra in extras for text in told["optional-dependencies"][extra])]
    todo = [Requirement(text) for text in (*texts, *(project()["build-system"]["requires"] if building else ()))]
    todo = [one for one in todo if one.marker is None or one.marker.evaluate({"extra": ""})]
    seen: set[tuple[str, frozenset[str]]] = set()
    absent: set[str] = set()
    while todo:
        one = todo.pop()
        name = canonicalize_name(one.name)
        if (name, frozenset(one.extras)) in seen:
            continue
        seen.add((name, frozenset(one.extras)))
        if name not in installed():
            absent.add(name)
            continue
        for text in installed()[name].requires or ():
            further = Requirement(text)
            if further.marker is None or any(further.marker.evaluate({"extra": extra}) for extra in ("", *one.extras)):
                todo.append(further)
    return {name for name, _ in seen} - absent, absent


def licence(name: str) -> str:
    """What a package says of its licence: the SPDX expression, else its classifiers, else the first line of the field."""
    about = installed()[name].metadata
    if expression := about.get("License-Expression"):
        return str(expression)
    classifiers = [text.rpartition("::")[2].strip() for text in about.get_all("Classifier") or () if text.startswith("License ::")]
    if told := [text for text in classifiers if text != "OSI Approved"]:
        return " AND ".join(sorted(set(told)))
    return ((about.get("License") or "").strip().splitlines() or [""])[0]


def advisories(place: Path) -> Iterator[dict[str, Any]]:
    """Advisories in OSV's form, from a folder of JSON files or a ZIP of them."""
    if place.is_file():
        with zipfile.ZipFile(place) as packed:
            for name in sorted(packed.namelist()):
                if name.endswith(".json"):
                    yield json.loads(packed.read(name))
    else:
        for path in sorted(place.rglob("*.json")):
            yield json.loads(path.read_text(encoding="utf-8"))


def weaknesses(place: Path, versions: dict[str, str]) -> list[str]:
    """The advisories that concern these versions: their id, the package and its version."""
    found = []
    for advisory in advisories(place):
        if advisory.get("withdrawn"):
            continue
        for affected in advisory.get("affected", ()):
            package = affected.get("package", {})
            name = canonicalize_name(package.get("name", ""))
            if package.get("ecosystem") == "PyPI" and name in versions and _concerns(affected, versions[name]):
                found.append(f"{advisory['id']}: {name} {versions[name]}")
    return sorted(set(found))


def _concerns(affected: dict[str, Any], version: str) -> bool:
    if version in affected.get("versions", ()):
        return True
    for one in affected.get("ranges", ()):
        if one.get("type") != "ECOSYSTEM":
            continue
        inside = False
        for event in one.get("events", ()):
            try:
                if "introduced" in event and (event["introduced"] == "0" or Version(version) >= Version(event["introduced"])):
                    inside = True
                if "fixed" in event and Version(version) >= Version(event["fixed"]):
                    inside = False
                if "last_affected" in event and Version(version) > Version(event["last_affected"]):
                    inside = False
            except InvalidVersion:
                inside = True  # rather a false alarm than none
        if inside:
            return True
    return False


def database() -> Path | None:
    """Where ``TINGJIAN_AUDIT_DB`` says that advisories lie."""
    place = os.environ.get("TINGJIAN_AUDIT_DB")
    return Path(place) if place else None


def all_extras() -> tuple[str, ...]:
    return tuple(sorted(project()["project"]["optional-dependencies"]))


if __name__ == "__main__":
    names, missing = needed(all_extras())
    for name in sorted(names):
        print(f"{name}=={installed()[name].version}\t{pins().get(name, 'not pinned')}\t{re.sub('[^ -~]', '', licence(name))[:80]}")
    print("not installed:", sorted(missing))
