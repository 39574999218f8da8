"""Pure arithmetic of organisations: check characters of their codes, and how their names are compared.

GB 32100-2015 《法人和其他组织统一社会信用代码编码规则》; GB 11714 for the organisation code inside it.
"""

import re
import unicodedata

from pypinyin import Style, lazy_pinyin

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z, which look like digits
_ORGANISATION_CODE_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
_NOT_LETTERS = re.compile(r"[\W_]+")


def uscc_check_character(first17: str) -> str:
    """The 18th character for the first 17 of a unified social credit code.

    Weights are 3**i mod 31; the check value is (31 − sum mod 31) mod 31, so a sum divisible by 31 gives "0"
    (many public validators miss that case). Raises ValueError for a wrong length or character.
    """
    if len(first17) != 17:
        raise ValueError("the check character is computed from 17 characters")
    total = sum(USCC_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(first17))
    return USCC_ALPHABET[(31 - total % 31) % 31]


def is_uscc(code: str) -> bool:
    """Whether a string is a well-formed unified social credit code: 18 characters, check character right."""
    if len(code) != 18 or any(c not in USCC_ALPHABET for c in code):
        return False
    return uscc_check_character(code[:17]) == code[17]


def organisation_code_check_character(first8: str) -> str:
    """The 9th character for the first 8 of an organisation code (GB 11714): 11 − sum mod 11; 10 → X, 11 → 0.

    Raises ValueError for a wrong length or anything but digits and capital letters.
    """
    if len(first8) != 8 or not all(c.isascii() and (c.isdigit() or c.isupper()) for c in first8):
        raise ValueError("the check character is computed from 8 digits or capital letters")
    total = sum(int(c, 36) * w for c, w in zip(first8, _ORGANISATION_CODE_WEIGHTS, strict=True))
    return "0X987654321"[total % 11]


def fold(name: str) -> str:
    """A name as it is compared: full-width forms and case folded, spaces and punctuation dropped.

    「市四院（陆家医院）」 and "市四院(陆家医院) " fold to the same string.
    """
    return _NOT_LETTERS.sub("", unicodedata.normalize("NFKC", name)).casefold()


def initials(name: str) -> str:
    """Lower-case pinyin initials of a name: 千灯卫生中心 → qdwszx; letters and digits stay as they are."""
    return "".join(
        part if part.isascii() else ""
        for part in lazy_pinyin(fold(name), style=Style.FIRST_LETTER, errors=lambda rest: list(rest))
    )
