"""The shapes of numbers that point to a person: telephone, identity card (GB 11643), bank card (ISO/IEC 7812).

All functions take a string of digits 0 to 9 (an identity card may end in x) and look at nothing else.
"""

from __future__ import annotations

import re

#: Regular expressions over digits, for :mod:`re` and RE2 alike.
MOBILE = "1[3-9][0-9]{9}"
LANDLINE = "0[1-9][0-9]{1,2}[2-8][0-9]{6,7}"
SERVICE_LINE = "[48]00[0-9]{7}"  # 400 and 800 numbers belong to companies
ID_CARD = "[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9x]"

#: The first two digits of an identity card: provinces (GB/T 2260), and 81 to 83 of residence permits, 91 of foreigners.
PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91".split()  # noqa: SIM905
)

_MOBILE = re.compile(f"(?:0|86|0086)?{MOBILE}")
# Area codes of three digits (010, 02x) have numbers of eight; those of four have seven or eight.
_LANDLINE = re.compile("(?:86)?0(?:10|2[0-9])[2-8][0-9]{7}|(?:86)?0[3-9][0-9]{2}[2-8][0-9]{6,7}")
_ID_18 = re.compile(ID_CARD)
_ID_15 = re.compile("[1-9][0-9]{5}[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}")
_PUBLIC = re.compile(f"{SERVICE_LINE}|(?:10|11|12|95|96)[0-9]{{1,6}}")
# Cards that are issued in China: UnionPay, Visa, Mastercard, JCB, American Express, and the older numbers of single banks.
_CARD = re.compile("(?:62[0-9]{14,17}|4[0-9]{15}|5[1-5][0-9]{14}|35[0-9]{14}|3[47][0-9]{13}|(?:60|68|9[0-9])[0-9]{14,17}|4367[0-9]{15})")

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def is_mobile(digits: str) -> bool:
    """Whether this is a Chinese mobile number, with or without the country's code.

    >>> is_mobile("13800001000"), is_mobile("8613800001000"), is_mobile("12345678901")
    (True, True, False)
    """
    return _MOBILE.fullmatch(digits) is not None


def is_landline(digits: str) -> bool:
    """Whether this is a Chinese landline with its area code.

    >>> is_landline("01062345678"), is_landline("057113456789")
    (True, False)
    """
    return _LANDLINE.fullmatch(digits) is not None


def is_public(digits: str) -> bool:
    """Whether this is a line of an office or a company, which everybody may know: 12315, 95588, 10086, 400 numbers.

    >>> [is_public(number) for number in ("12315", "95588", "4008001000", "13800001000")]
    [True, True, True, False]
    """
    return _PUBLIC.fullmatch(digits) is not None


def is_id_card(digits: str) -> bool:
    """Whether this has the shape of an identity card of 18 or 15 places: a province, a date of birth.

    The check digit is not asked for: a misheard digit makes it wrong and the number no less personal.

    >>> is_id_card("11019919900307002x"), is_id_card("110199900307002"), is_id_card("990199199003070020")
    (True, True, False)
    """
    shaped = _ID_18.fullmatch(digits) or _ID_15.fullmatch(digits)
    return shaped is not None and digits[:2] in PROVINCES


def checks_as_id_card(digits: str) -> bool:
    """Whether the last place is the check digit of the 17 before it (GB 11643, ISO 7064 MOD 11-2).

    >>> checks_as_id_card("11010519491231002x"), checks_as_id_card("110105194912310020")
    (True, False)
    """
    if len(digits) != 18:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits[:17], strict=True))
    return "10x98765432"[total % 11] == digits[17]


def is_card(digits: str) -> bool:
    """Whether this has the length and beginning of a bank card's number.

    >>> is_card("6200000000000005"), is_card("2026112000000000")
    (True, False)
    """
    return _CARD.fullmatch(digits) is not None


def checks_as_card(digits: str) -> bool:
    """Whether the last digit is Luhn's check digit (ISO/IEC 7812-1).

    >>> checks_as_card("6200000000000005"), checks_as_card("6200000000000006")
    (True, False)
    """
    if not digits.isdecimal():
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[::-2])) + sum(doubled)) % 10 == 0


def strictly(digits: str) -> tuple[str, float] | None:
    """The kind that digits alone make it (phone, id_card, card) and how sure that is; None when they tell nothing.

    A wrong check digit lowers the sureness of an identity card and of a UnionPay card; of the other cards, whose
    beginnings say little, it leaves nothing.

    >>> strictly("13800001000"), strictly("11010519491231002x"), strictly("20261120")
    (('phone', 0.95), ('id_card', 0.99), None)
    """
    if is_mobile(digits) or is_landline(digits):
        return "phone", 0.95
    if is_id_card(digits):
        return "id_card", 0.99 if checks_as_id_card(digits) else 0.8
    if is_card(digits) and (checks_as_card(digits) or digits.startswith("62")):
        return "card", 0.95 if checks_as_card(digits) else 0.6
    return None
