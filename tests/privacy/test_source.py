"""Nothing in the program runs what a file brings: no pickle, no shell, no code of models; and SECURITY.md names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from support import ROOT

#: Calls that run what they are given, and what makes them safe: a keyword with its value, or None for never.
DANGEROUS: dict[str, tuple[str, object] | None] = {
    "eval": None,
    "exec": None,
    "os.system": None,
    "os.popen": None,
    "pickle.load": None,
    "pickle.loads": None,
    "joblib.load": None,
    "marshal.loads": None,
    "yaml.load": None,
    "yaml.unsafe_load": None,
    "yaml.full_load": None,
    "tempfile.mktemp": None,
    "torch.load": ("weights_only", True),
}
#: Keywords that make a call dangerous.
FORBIDDEN = {"shell": True, "trust_remote_code": True, "allow_pickle": True, "autoescape": False, "filter": "fully_trusted"}
#: Calls that need a keyword said aloud, by the end of their name.
SAID = {"from_pretrained": ("trust_remote_code", False)}


def faults(source: str) -> list[str]:
    """Dangerous calls of a module: line and name."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        said = {one.arg: one.value.value for one in node.keywords if isinstance(one.value, ast.Constant)}
        if name in DANGEROUS:
            safe = DANGEROUS[name]
            if safe is None or said.get(safe[0]) is not safe[1]:
                found.append(f"{node.lineno} {name}")
        last = name.rpartition(".")[2]
        if last in SAID and name.partition(".")[0].startswith("Auto") and said.get(SAID[last][0]) is not SAID[last][1]:
            found.append(f"{node.lineno} {name}")
        found += [f"{node.lineno} {name}({key}={value})" for key, value in FORBIDDEN.items() if key in said and said[key] == value]
    return found


def test_no_module_runs_what_a_file_brings() -> None:
    modules = sorted((ROOT / "qa").rglob("*.py"))
    assert len(modules) > 100
    assert {path.name: told for path in modules if (told := faults(path.read_text(encoding="utf-8")))} == {}


@pytest.mark.parametrize(
    "line",
    [
        "eval(text)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "yaml.load(text, Loader)",
        "subprocess.run(text, shell=True)",
        "AutoModel.from_pretrained(path)",
        "np.load(path, allow_pickle=True)",
    ],
)
def test_a_dangerous_line_is_seen(line: str) -> None:
    assert faults(line) != []


@pytest.mark.parametrize("line", ["model.eval()", "torch.load(p, weights_only=True)", "subprocess.run([a])"])
def test_a_harmless_line_is_not(line: str) -> None:
    assert faults(line) == []


def test_the_security_page_names_tests_that_exist() -> None:
    named = set(re.findall(r"tests/[a-z_/]+\.(?:py|sha256)", (ROOT / "SECURITY.md").read_text(encoding="utf-8")))
    assert len(named) > 15
    assert [name for name in sorted(named) if not Path(ROOT, name).is_file()] == []
