"""Identifiers with letters in them: e-mail addresses, WeChat names, number plates, passports; written and spoken."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.text.identifiers import Found, Kind, hide

_GAP = r"[\s，,]?"
_HOST = "(?:qq|163|126|139|189|gmail|sina|hotmail|outlook|foxmail|yahoo|sohu|aliyun)"
_AT = rf"(?:@|艾特|爱特|矮特|圈a|a圈|小老鼠|(?<![a-z])at(?![a-z])|(?<=[a-z0-9])at(?={_HOST}))"
_DOT = r"(?:点|\.|dot|。)"
_SIGNS = rf"(?:(?:[a-z0-9]|\.|_|-|点(?=[\s，,]?[a-z0-9])|下划线|横杠|中杠|杠|减号){_GAP}){{2,40}}?"
_LOCAL = rf"{_SIGNS}|[一-鿿0-9]{{2,4}}的?(?:全拼|拼音)[a-z0-9]{{0,10}}"
_NAMED = r"(?:[a-z]{2,}|c\s?o\s?m|康姆|抗母|卡姆|考姆|看姆)"
_DOMAIN = rf"(?:[a-z0-9-]+|网易|新浪|搜狐|雅虎|谷歌)(?:邮箱|{_GAP}{_DOT}{_GAP}{_NAMED}){{1,3}}"
_EMAIL = re.compile(rf"(?P<local>{_LOCAL}){_GAP}{_AT}{_GAP}(?P<domain>{_DOMAIN})")
_SIGN_OF_EMAIL = re.compile("[@艾爱矮]|圈|老鼠|at")
_WECHAT = re.compile(
    r"(?:微信|威信|v信|vx|wx|weixin)(?:号码?|名|id|账号)?(?:多少|是多少|是什么)?(?:呢|吗|啊)?(?:就是|也是|是|为|叫|：|:|，|,|？|\?|\s)*"
    r"(?P<name>[a-z][\s，,]?(?:(?:[a-z0-9_\-]|下划线|横杠|杠|减号)[\s，,]?){4,24})"
)
_PROVINCE = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
_PLATE = re.compile(
    rf"(?P<plate>{_PROVINCE}[\s，,]?[a-hj-np-z][\s，,·.\-点杠]{{0,2}}(?:[a-z0-9][\s，,]?){{4,5}}[a-z0-9学警挂港澳])(?![a-z0-9])"
    rf"|车牌(?:号码?|是|为|呢|多少|：|:|[\s，,？?])*(?P<announced>[一-鿿]?[\s，,]?[a-z]?[\s，,·.\-点杠]{{0,2}}(?:[a-z0-9][\s，,]?){{4,6}}[学警挂港澳]?)(?![a-z0-9])"
)
_PASSPORT = re.compile(
    rf"(?<![a-z0-9])(?P<passport>[eg]{_GAP}(?:[0-9]{_GAP}){{7}}[0-9]|e{_GAP}[a-hj-np-z]{_GAP}(?:[0-9]{_GAP}){{6}}[0-9])(?![0-9a-z])"
    rf"|(?:护照|通行证)(?:号码?|是|为|呢|多少|：|:|[\s，,？?])*(?P<announced>[a-z]{{1,2}}{_GAP}(?:[0-9]{_GAP}){{5,9}}[0-9])(?![0-9])"
)
_ORDER = re.compile(r"(?:单号|[订工运保]单|编号|编码|型号|批号|代码|流水号|序列号)[^\n]{0,6}$")
_SIGN = re.compile("[a-z0-9一-鿿]")
_LETTER = re.compile("[a-z]|车牌")  # all but e-mail addresses have one


def accounts(text: str) -> Iterator[Found]:
    """What is found in a plain text (digits as 0 to 9, letters small).

    >>> from qa.text.dictation import plain
    >>> text = plain("邮箱是zhang三三艾特QQ点com，车牌京A·12345")
    >>> [(one.kind, text[one.begin : one.end]) for one in accounts(text)]
    [('email', 'zhang33艾特qq点com'), ('plate', '京a·12345')]
    """
    for found in _EMAIL.finditer(text) if _SIGN_OF_EMAIL.search(text) else ():
        begin, end = found.span("local")
        hidden = tuple((place, place + 1) for place in range(begin + 1, end) if not text[place].isspace())
        yield Found("email", ((begin, found.end()),), hidden, 0.95)
    if _LETTER.search(text) is None:
        return
    for found in _WECHAT.finditer(text):
        yield _signs("wechat", text, *found.span("name"), 0.9)
    for pattern, kind in ((_PLATE, "plate"), (_PASSPORT, "passport")):
        for found in pattern.finditer(text):
            group = kind if found[kind] else "announced"
            begin, end = found.span(group)
            if sum(map(str.isdigit, text[begin:end])) < (1 if group == "plate" else 3) or _ORDER.search(text, max(0, begin - 12), begin):
                continue
            yield _signs("plate" if kind == "plate" else "passport", text, begin, end, 0.95 if group == kind else 0.7)


def _signs(kind: Kind, text: str, begin: int, end: int, sure: float) -> Found:
    """The letters and digits of a span as the places of the identifier."""
    places = tuple((place, place + 1) for place in range(begin, end) if _SIGN.match(text[place]))
    return Found(kind, places, hide(kind, places), sure)
