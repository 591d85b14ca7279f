"""What the documents promise is true: links lead somewhere, pages made from code are up to date, examples load."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT

from qa.scoring.rubric import load_rubric

READMES = [ROOT / "README.md", ROOT / "README.en.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_pages_made_from_the_code_are_up_to_date() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"run python docs/generate.py: {done.stdout}"


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_says_the_two_first_commands_first() -> None:
    commands = re.findall(r"^\$ (.+?)(?:\s+#.*)?$", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert commands[:2] == ["make demo", "make test"]


def test_the_readmes_rubric_is_one(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    criteria = "\n".join(f"      {line}" for line in block.splitlines())
    sheet = tmp_path / "sheet.yaml"
    lexicons = ROOT / "rubrics" / "lexicons"
    sheet.write_text(
        f'id: readme\nversion: "1"\nname: 例\nlexicons: {lexicons}\nsections:\n  - id: all\n    name: 全部\n    criteria:\n{criteria}\n',
        encoding="utf-8",
    )
    assert [criterion.id for _, criterion in load_rubric(sheet).criteria()] == ["greeting", "dead_air"]
