"""Asking a language model over HTTP: any endpoint that speaks OpenAI's chat completions, and only the one that is set.

No proxy of the environment is used and no redirection followed: what customers say goes to the address in qa.toml
and nowhere else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from qa.config import LlmSettings

MAX_ANSWER = 1_000_000  # bytes


class EndpointError(Exception):
    """The endpoint gave no usable answer; says why, in Chinese."""


def ask(settings: LlmSettings, messages: Sequence[dict[str, str]]) -> dict[str, Any]:
    """The JSON object that the model answers with.

    Raises:
        EndpointError: nothing is set, the key is missing, the endpoint cannot be reached in time, or what comes back
            is not one JSON object.
    """
    import urllib.error
    import urllib.request

    if not settings.url:
        message = "qa.toml 的 [llm] 没有写 url"
        raise EndpointError(message)
    headers = {"Content-Type": "application/json"}
    if settings.key_env:
        key = os.environ.get(settings.key_env, "")
        if not key:
            message = f"环境变量 {settings.key_env} 里没有密钥"
            raise EndpointError(message)
        headers["Authorization"] = f"Bearer {key}"
    body = {"model": settings.model, "messages": list(messages), "temperature": 0, "response_format": {"type": "json_object"}}
    address = settings.url.rstrip("/") + "/chat/completions"
    request = urllib.request.Request(address, json.dumps(body, ensure_ascii=False).encode("utf-8"), headers)  # the scheme is checked

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay())
    try:
        with opener.open(request, timeout=settings.timeout) as response:
            raw = response.read(MAX_ANSWER + 1)
    except urllib.error.HTTPError as error:
        message = f"接口返回 HTTP {error.code}"
        raise EndpointError(message) from error
    except (OSError, ValueError) as error:
        message = f"接口不通：{getattr(error, 'reason', None) or error}"
        raise EndpointError(message) from error
    return _answer(raw)


def _answer(raw: bytes) -> dict[str, Any]:
    if len(raw) > MAX_ANSWER:
        message = f"接口的回答超过 {MAX_ANSWER} 字节"
        raise EndpointError(message)
    try:
        content = json.loads(raw)["choices"][0]["message"]["content"]
        answer = json.loads(content)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        message = "接口的回答不是约定的 JSON"
        raise EndpointError(message) from error
    if not isinstance(answer, dict):
        message = "接口的回答不是 JSON 对象"
        raise EndpointError(message)
    return answer
