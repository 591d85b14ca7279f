"""qa import and qa roles through the command, as a user has them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from judging import sheet
from typer.testing import CliRunner

from qa.calls import Call
from qa.cli import app
from qa.store.store import Store

FILES = Path(__file__).parent.parent / "data" / "transcripts"
META = {"agent_id": "8001", "started_at": "2026-11-20T09:00:00+08:00"}


class Place:
    """A folder with a rubric and a store, in which commands are run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store"
        self.rubric = sheet(folder, "points: 6, scope: {role: agent}, require: {say: 您好}") and folder / "small.yaml"

    def run(self, command: str, *arguments: object) -> tuple[int, str]:
        done = CliRunner().invoke(app, [command, *map(str, arguments), "--store", str(self.store), "--rubric", str(self.rubric)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.output
        return done.exit_code, done.output.strip()

    def write(self, name: str, *calls: dict[str, object]) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(json.dumps(call, ensure_ascii=False) for call in calls), encoding="utf-8")
        return path

    def calls(self) -> dict[str, Call]:
        with Store.open(self.store) as store:
            return {call.recording.call_id: call for call in store.calls()}

    def held(self) -> dict[str, str]:
        with Store.open(self.store) as store:
            return {held.call_id: held.message for held in store.quarantined()}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def call(call_id: str, text: str = "您好") -> dict[str, object]:
    return {"call_id": call_id, **META, "turns": [{"role": "agent", "text": text}]}


def test_every_format_is_judged_and_importing_again_changes_nothing(place: Place) -> None:
    told = "；3 条有问题已隔离（qa report 的隔离页写明原因）"
    assert place.run("import", FILES, "--allow-missing-metadata") == (1, f"导入：新 24 通{told}")
    before = place.calls()
    assert {call_id for call_id, one in before.items() if one.heard.roles.confidence == 0.0} == {"faster_whisper"}
    unsure = {call_id for call_id, one in before.items() if one.verdict.findings[0].outcome == "unsure"}
    assert unsure == {"faster_whisper"}  # both sides in one: no role, no verdict on the agent
    assert {one.verdict.findings[0].outcome for call_id, one in before.items() if call_id not in unsure} == {"met"}
    assert place.run("import", FILES, "--allow-missing-metadata") == (1, f"导入：未变 24 通{told}")
    assert place.calls() == before
    assert sorted(place.held()) == ["sca-2", "t2", "voices:voices.vtt"]


def test_a_changed_file_replaces_and_a_mended_line_leaves_quarantine(place: Place) -> None:
    path = place.write("a.jsonl", call("r1"), call("r2"), {"call_id": "r3"})
    assert place.run("import", path)[0] == 1
    assert list(place.held()) == ["r3"]
    place.write("a.jsonl", call("r1"), call("r2", "喂"), call("r3"))
    assert place.run("import", path) == (0, "导入：新 1 通，代替 1 通，未变 1 通")
    assert place.held() == {}
    assert place.calls()["r2"].verdict.findings[0].outcome == "missed"


def test_another_rubric_judges_again(place: Place) -> None:
    path = place.write("a.jsonl", call("r1"))
    place.run("import", path)
    sheet(place.folder, "points: 6, scope: {role: agent}, require: {say: 再见}")
    assert place.run("import", path) == (0, "导入：重新评分 1 通")
    assert place.calls()["r1"].verdict.score.total == 0


def test_the_same_id_from_elsewhere_is_refused_unless_asked_for(place: Place) -> None:
    first, second = place.write("a.jsonl", call("r1")), place.write("b.jsonl", call("r1", "喂"))
    assert place.run("import", first, second)[0] == 1
    assert f"call_id r1 与 {first} 第 1 行 重复" in place.held()["r1:1"]
    status, _ = place.run("import", second)
    assert status == 2
    (refused,) = [message for call_id, message in place.held().items() if call_id.startswith("r1@")]
    assert f"库中的来自 {first}，内容不同" in refused
    assert place.calls()["r1"].heard.turns[0].text == "您好"
    assert place.run("import", second, "--replace") == (0, "导入：代替 1 通")
    assert place.calls()["r1"].heard.turns[0].text == "喂"
    assert place.held() == {}
    # the very same content from another place is the same call
    assert place.run("import", shutil.copy(second, place.folder / "c.jsonl")) == (0, "导入：未变 1 通")


def test_metadata_from_a_manifest_by_the_recordings_name(place: Place) -> None:
    shutil.copy(FILES / "tencent.json", place.folder / "a.wav.json")
    shutil.copy(FILES / "roles.srt", place.folder / "b.srt")
    manifest = place.folder / "m.csv"
    manifest.write_text(
        "录音文件,通话编号,坐席工号,通话时间,坐席声道\n录音/a.wav,c1,8001,2026-11-20 09:00,\nb.mp3,c2,8002,2026-11-20 10:00,1\n",
        encoding="gbk",
    )
    arguments = ("import", place.folder / "a.wav.json", place.folder / "b.srt")
    status, _ = place.run(*arguments)
    assert status == 2
    assert place.held()["a"].splitlines()[2:] == [
        "  原因：缺少 agent_id（坐席工号）；缺少 started_at（通话时间）",
        "  处理：在文件里写上，或用 --manifest 给出清单，或在设置里写 intake.filename_pattern；不需要时加 --allow-missing-metadata",
    ]
    assert place.run(*arguments, "--manifest", manifest) == (0, "导入：新 2 通")
    assert {one.recording.call_id: one.recording.agent_id for one in place.calls().values()} == {"c1": "8001", "c2": "8002"}
    assert place.held() == {}
    manifest.write_text("file,call_id,agnt_id\na.wav,c1,1\na.wav,c1,2\n", encoding="utf-8")
    status, output = place.run(*arguments, "--manifest", manifest)
    assert status == 2
    assert "不认识的列 agnt_id，是否想写 agent_id？" in output
    assert "第 3 行：call_id c1 重复" in output
    assert "第 3 行：文件 a.wav 重复" in output


def test_the_manifests_channel_says_who_the_agent_is(place: Place) -> None:
    shutil.copy(FILES / "alibaba.json", place.folder / "a.json")
    manifest = place.folder / "m.csv"
    manifest.write_text("file,agent_id,started_at,agent_channel\na.wav,8001,2026-11-20 09:00,0\n", encoding="utf-8")
    assert place.run("import", place.folder / "a.json", "--manifest", manifest)[0] == 0
    roles = place.calls()["a"].heard.roles
    assert (roles.method, roles.confidence, roles.agent_channel) == ("channel", 1.0, 0)


def test_nothing_to_import_says_so(place: Place) -> None:
    status, output = place.run("import", place.folder / "none.json", place.folder)
    assert status == 2
    assert "none.json：没有这个文件或目录" in output
    assert place.run("import", FILES / "tencent.json", "--format", "word")[0] == 2


def test_roles_are_shown_set_by_hand_kept_and_given_back(place: Place) -> None:
    arguments = ("import", FILES / "alibaba.json", "--allow-missing-metadata")
    place.run(*arguments)
    shown = [
        "alibaba：按话术内容判断，把握 99%",
        "  0  客户  1 句 8 字  “我想查一下话费。”",
        "  1  坐席  2 句 26 字  “您好，请问有什么可以帮您？”",
        "依据：",
    ]
    status, output = place.run("roles", "alibaba")
    assert (status, output.splitlines()[:4]) == (0, shown)
    status, output = place.run("roles", "alibaba", "--agent", "0")
    assert (status, output.splitlines()[0], output.splitlines()[-1]) == (0, "alibaba：按人工指定判断，把握 100%", "已重新评分：0 分")
    changed = place.calls()["alibaba"]
    assert [turn.role for turn in changed.heard.turns] == ["customer", "agent", "customer"]
    assert changed.analysis.metrics["agent_talk"] == 2.2
    assert changed.verdict.findings[0].outcome == "missed"
    assert changed.heard.roles.evidence
    assert place.run(*arguments) == (0, "导入：未变 1 通")
    # read anew under other metadata, the person's word stands
    manifest = place.folder / "m.csv"
    manifest.write_text("file,agent_channel\nalibaba.wav,1\n", encoding="utf-8")
    assert place.run(*arguments, "--manifest", manifest) == (0, "导入：代替 1 通")
    assert [turn.role for turn in place.calls()["alibaba"].heard.turns] == ["customer", "agent", "customer"]
    # and is given back
    place.run("roles", "alibaba", "--agent", "auto")
    assert place.calls()["alibaba"].heard.roles.method == "channel"
    assert [turn.role for turn in place.calls()["alibaba"].heard.turns] == ["agent", "customer", "agent"]


@pytest.mark.parametrize(("agent", "message"), [("7", "没有这个说话人"), ("左", "看不懂 --agent"), ("-1", "看不懂 --agent")])
def test_roles_refuses_what_it_cannot_mean(place: Place, agent: str, message: str) -> None:
    place.run("import", FILES / "alibaba.json", "--allow-missing-metadata")
    before = place.calls()
    status, output = place.run("roles", "alibaba", f"--agent={agent}")
    assert status == 2
    assert message in output
    assert place.calls() == before


def test_roles_keeps_to_the_calls_own_rubric(place: Place) -> None:
    place.run("import", FILES / "alibaba.json", "--allow-missing-metadata")
    other = place.folder / "other.yaml"
    other.write_text(place.rubric.read_text(encoding="utf-8").replace("id: small", "id: other"), encoding="utf-8")
    place.rubric = other
    status, output = place.run("roles", "alibaba", "--agent", "0")
    assert status == 2
    assert "评分表是 small，现在给出的是 other" in output
