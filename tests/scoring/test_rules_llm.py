"""llm: off by default, believed only as far as it quotes, every failure a doubt. Against a server on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from judging import heard, sheet

from qa.analysis.metrics import analyse
from qa.calls import Finding, Recording
from qa.config import AnalysisSettings, LlmSettings
from qa.scoring.engine import judge

CALL = heard(["坐席：您好。", "客户：退款呢？", "坐席：银行处理慢，要等三天。"])
RULE = "points: 5, scope: {role: agent}, require: {llm: 坐席是否解释了原因？}"


class Server(HTTPServer):
    def __init__(self, reply: Callable[[dict[str, Any]], tuple[int, bytes]]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.reply, self.asked = reply, list[tuple[str, str | None, dict[str, Any]]]()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, self.headers.get("Authorization"), body))
        status, content = self.server.reply(body)
        self.send_response(status)
        if status in (301, 302):
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(reply: Callable[[dict[str, Any]], tuple[int, bytes]]) -> Iterator[tuple[Server, LlmSettings]]:
    server = Server(reply)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server, LlmSettings(url=f"http://127.0.0.1:{server.server_port}/v1", model="m", timeout=5)
    finally:
        server.shutdown()
        server.server_close()


def says(content: object) -> tuple[int, bytes]:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return 200, json.dumps({"choices": [{"message": {"content": text}}]}).encode()


def judged(folder: Path, llm: LlmSettings | None, rule: str = RULE) -> Finding:
    recording = Recording(call_id="c1", content_hash="00")
    return judge(recording, CALL, analyse(CALL, AnalysisSettings()), sheet(folder, rule), llm=llm).findings[0]


def test_nothing_is_asked_unless_it_is_set(tmp_path: Path) -> None:
    for off in (None, LlmSettings()):
        finding = judged(tmp_path, off)
        assert (finding.outcome, finding.max_points, finding.reason) == ("na", 0.0, "没有配置大模型接口（qa.toml 的 [llm]），本项请人工评")


def test_an_answer_with_its_quotation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_TEST_KEY", "s3cret")
    answer = {"answer": "yes", "quotes": ["银行处理慢"], "reason": "说明了是银行的原因"}
    with serving(lambda _: says(answer)) as (server, llm):
        finding = judged(tmp_path, llm.model_copy(update={"key_env": "QA_TEST_KEY"}))
    assert (finding.outcome, finding.points, finding.reason) == ("met", 5.0, "大模型：说明了是银行的原因")
    assert [(hit.role, hit.text, hit.turn, hit.span) for hit in finding.hits] == [("agent", "银行处理慢", 2, (0, 5))]
    ((path, key, body),) = server.asked
    assert (path, key, body["model"], body["temperature"]) == ("/v1/chat/completions", "Bearer s3cret", "m", 0)
    assert (
        body["messages"][1]["content"] == "问题：坐席是否解释了原因？\n\n转写：\n坐席：您好。\n客户：退款呢？\n坐席：银行处理慢，要等三天。"
    )


TOLD = heard(["坐席：您好，请报手机号。", "客户：幺三八零零零零幺二三四，我叫欧阳震华。", "坐席：核对一下13800001234，对吗？"])


def asked_of(llm: LlmSettings, folder: Path) -> Finding:
    rubric = sheet(folder, "points: 5, scope: {role: agent}, require: {llm: 坐席是否核对号码？}")
    return judge(Recording(call_id="c1", content_hash="00"), TOLD, analyse(TOLD, AnalysisSettings()), rubric, llm=llm).findings[0]


def test_what_is_sent_is_masked_and_quotations_are_of_what_was_sent(tmp_path: Path) -> None:
    answer = {"answer": "yes", "quotes": ["核对一下138****1234"], "reason": "核对了"}
    with serving(lambda _: says(answer)) as (server, llm):
        finding = asked_of(llm, tmp_path)
    sent = json.dumps(server.asked, ensure_ascii=False)
    assert [secret for secret in ("13800001234", "零零零零", "欧阳", "震华") if secret in sent] == []
    assert "138****1234" in sent
    assert finding.outcome == "met"
    assert [(hit.text, hit.turn, hit.span) for hit in finding.hits] == [("核对一下13800001234", 2, (0, 15))]
    with serving(lambda _: says(answer | {"quotes": ["核对一下13800001234"]})) as (_, llm):
        assert asked_of(llm, tmp_path).outcome == "unsure"  # it was never sent, so it was guessed


def test_originals_are_sent_where_the_settings_say_so(tmp_path: Path) -> None:
    answer = {"answer": "yes", "quotes": ["核对一下13800001234"], "reason": "核对了"}
    with serving(lambda _: says(answer)) as (server, llm):
        assert asked_of(llm.model_copy(update={"unmasked": True}), tmp_path).outcome == "met"
    assert "幺三八零零零零幺二三四，我叫欧阳震华" in server.asked[0][2]["messages"][1]["content"]


@pytest.mark.parametrize(
    ("reply", "outcome", "reason"),
    [
        (says({"answer": "no", "quotes": [], "reason": "没提"}), "missed", "大模型：没提"),
        (says({"answer": "unsure", "quotes": [], "reason": "不清楚"}), "unsure", "大模型：不清楚（没有给出原话）"),
        (says({"answer": "yes", "quotes": [], "reason": "有"}), "unsure", "大模型：有（没有给出原话）"),
        (says({"answer": "yes", "quotes": ["银行太慢"], "reason": "有"}), "unsure", "大模型引用的话在转写里找不到，不采用：「银行太慢」"),
        (says({"answer": "yes", "quotes": ["退款呢"], "reason": "有"}), "unsure", "大模型引用的话在转写里找不到，不采用：「退款呢」"),
        (says({"answer": "yes", "quotes": [""], "reason": "有"}), "unsure", "大模型的回答不合约定（1 处），不采用"),
        (says({"answer": True, "quotes": "x"}), "unsure", "大模型的回答不合约定（3 处），不采用"),
        (says("```json\n{}\n```"), "unsure", "大模型没有给出答案：接口的回答不是约定的 JSON"),
        (says([]), "unsure", "大模型没有给出答案：接口的回答不是 JSON 对象"),
        ((200, b"[" * 100_000), "unsure", "大模型没有给出答案：接口的回答不是约定的 JSON"),
        ((200, b"x" * 1_000_001), "unsure", "大模型没有给出答案：接口的回答超过 1000000 字节"),
        ((500, b""), "unsure", "大模型没有给出答案：接口返回 HTTP 500"),
        ((302, b""), "unsure", "大模型没有给出答案：接口返回 HTTP 302"),
    ],
)
def test_what_comes_back_is_believed_only_when_it_holds(tmp_path: Path, reply: tuple[int, bytes], outcome: str, reason: str) -> None:
    with serving(lambda _: reply) as (server, llm):
        finding = judged(tmp_path, llm)
    assert (finding.outcome, finding.reason, len(server.asked)) == (outcome, reason, 1)


def test_no_connection_and_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda _: says({})) as (_, llm):
        pass
    assert (judged(tmp_path, llm).reason or "").startswith("大模型没有给出答案：接口不通：")
    monkeypatch.delenv("QA_NO_KEY", raising=False)
    keyless = judged(tmp_path, llm.model_copy(update={"key_env": "QA_NO_KEY"}))
    assert (keyless.outcome, keyless.reason) == ("unsure", "大模型没有给出答案：环境变量 QA_NO_KEY 里没有密钥")
