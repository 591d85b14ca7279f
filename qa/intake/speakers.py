"""Who says a line, as other programs write it: a role (坐席, AGENT), a voice (spk_0, 说话人1), a name (张三), or a prefix of the text.

A role is only what names a side of the conversation; every other mark is a label, and which side it stands for is
decided from what is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from qa.calls import Role

ROLE_NAMES: Mapping[Role, tuple[str, ...]] = {
    "agent": (
        *("agent", "staff", "operator", "representative", "supervisor", "客服", "坐席", "座席", "客服代表", "客服人员"),
        *("客服专员", "人工客服", "话务员", "接线员", "员工", "坐席端", "座席端", "客服端"),
    ),
    "customer": ("customer", "user", "client", "caller", "客户", "用户", "顾客", "来电人", "来电者", "客户端", "用户端", "访客", "买家"),
    # Announcements and robots belong to neither side.
    "unknown": (
        *("unknown", "system", "ivr", "bot", "robot", "custom_bot", "prompt", "未知", "其他", "系统", "系统消息", "机器人", "语音导航"),
        *("自动语音", "提示音", "智能客服", "speaker", ""),
    ),
}
_ROLES: Mapping[str, Role] = {name: role for role, names in ROLE_NAMES.items() for name in names}
_LONGEST_FIRST = sorted((name for name in _ROLES if len(name) > 1), key=lambda name: (-len(name), name))

LONGEST_LABEL = 20  # characters; what is longer before a colon is speech
_VOICE = re.compile(r"(spk|speaker|说话人|发言人|讲话人|声道|channel|ch)[\s_-]*\d+", re.IGNORECASE)
# [坐席] …   【客服】…   [SPEAKER_00]: …   坐席 张三：…
_BRACKETED = re.compile(r"\s*[\[【(（<]\s*([^\[\]【】()（）<>:：]{1,20}?)\s*[\]】)）>]\s*[:：]?\s*(.*)", re.DOTALL)
_COLON = re.compile(r"\s*([^\s:：,，。.!！?？;；、][^:：,，。!！?？;；、\n]{0,19}?)\s*[:：]\s*(.*)", re.DOTALL)


def exact_role(name: str) -> Role | None:
    """The role that a word is the name of, None for every other word.

    >>> exact_role("座席"), exact_role("张三"), exact_role("")
    ('agent', None, 'unknown')
    """
    return _ROLES.get(_plain(name))


def role_of(name: str) -> Role | None:
    """The role that a speaker's mark says, also with a name or number after it; None where it is only a label.

    >>> role_of("坐席 张三"), role_of("客户A"), role_of("AGENT_1"), role_of("客户经理"), role_of("spk_0")
    ('agent', 'customer', 'agent', None, None)
    """
    plain = _plain(name)
    if plain in _ROLES:
        return _ROLES[plain]
    for word in _LONGEST_FIRST:
        # a letter or Hanzi that goes on (客户经理) makes another word of it; a number, a name apart or a bracket does not
        if plain.startswith(word) and re.match(r"[\s\d_\-—(（\[【#:：/]|[a-z]$", plain[len(word) :]):
            if word == "speaker":
                return None
            return _ROLES[word]
    return None


def is_voice(name: str) -> bool:
    """Whether a mark is a machine's label of a voice or channel.

    >>> is_voice("SPEAKER_01"), is_voice("说话人 2"), is_voice("张三")
    (True, True, False)
    """
    return _VOICE.fullmatch(_plain(name)) is not None


def prefix(text: str) -> tuple[str, str] | None:
    """Mark and speech of a line that names its speaker in front, None where nothing stands in front that could be a mark.

    >>> prefix("坐席 张三：您好"), prefix("[SPEAKER_00]: 喂"), prefix("您好，请讲")
    (('坐席 张三', '您好'), ('SPEAKER_00', '喂'), None)
    """
    found = _BRACKETED.fullmatch(text) or _COLON.fullmatch(text)
    return (found[1].strip(), found[2].strip()) if found else None


def marks(texts: list[str]) -> frozenset[str]:
    """Which prefixes of a text's lines are marks of speakers and not speech with a colon in it.

    Roles and voices always are; another word is one when it comes back, since people take turns.

    >>> sorted(marks(["张三：您好", "李四：我想改地址", "张三：好的", "李四：地址：北京", "注意：要快"]))
    ['张三', '李四']
    """
    found = [before[0] for text in texts if (before := prefix(text))]
    return frozenset(name for name in found if role_of(name) is not None or is_voice(name) or found.count(name) > 1)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().lower()
