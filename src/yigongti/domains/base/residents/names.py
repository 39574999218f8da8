"""Names as people write, say and mistake them: one folded form, pinyin, and what a search looks for.

Everything works on whole columns (a single name is a column of one), so that the index, the search and the
batch linkage can never disagree about how a name sounds. A million names take about two seconds.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pypinyin.pinyin_dict import pinyin_dict

from yigongti.domains.base.residents.characters import (
    COMPOUND_SURNAMES,
    GIVEN_READINGS,
    LOOK_ALIKE,
    OLD_FORMS,
    SURNAME_READINGS,
)

LONGEST = 24  # characters of a name that are compared; longer ones compare by their first 24 and as a whole
_CODES = 0x32400  # all Han characters are below
_UNREAD = 10_000  # sound numbers from here on are characters without a reading, standing for themselves

_left_out = re.compile(r"[\s\x00-\x1f·•・‧∙⋅.．。,，'’‘\-_*＊()（）]+")

# Northern and southern speakers hear these alike, and type them so: one sound for both.
_HEARD_ALIKE = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("r", "l"), ("h", "f"))
_ENDINGS_ALIKE = (("ang", "an"), ("eng", "en"), ("ing", "in"), ("iong", "ong"), ("uang", "uan"))

_NO_NAME = frozenset(
    ["无名", "无名氏", "不详", "未知", "无", "佚名", "姓名不详", "身份不明", "未命名", "unknown", "noname"]
)
_OF_MOTHER = re.compile(r"^(.{1,6}?)之?(子|女|婴|婴儿|大女|小女|大子|小子|毛毛|宝宝|baby)(甲|乙|丙|[一二三1-3])?$")


def fold(name: str) -> str:
    """The form names are compared in: full-width and old forms folded, lower case, without gaps and dots.

    ``"張　三丰"`` → ``"张三丰"``; ``"艾力·买买提"`` → ``"艾力买买提"``.
    """
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name)
    return _left_out.sub("", name).lower().translate(OLD_FORMS)


def says_nothing(name: str) -> bool:
    """Whether a name stands for nobody in particular: empty, 无名氏, or only "somebody's baby"."""
    key = fold(name)
    if not key or key in _NO_NAME:
        return True
    found = _OF_MOTHER.match(key)
    return bool(found and len(key) > len(found[1]) and "之" in key)


@dataclass(frozen=True)
class Names:
    """A column of folded names as arrays: code points, how each character sounds, and whole-name keys (uint64).

    Two names are equal, sound alike, … exactly when the key of that aspect is equal; an empty name has key 0.
    """

    keys: Sequence[str]
    codes: NDArray[np.uint32]  # n × width, 0 after the end
    length: NDArray[np.int16]
    surname_length: NDArray[np.int16]
    sounds: NDArray[np.int32]  # n × width
    written: NDArray[np.uint64]
    sounding: NDArray[np.uint64]
    heard: NDArray[np.uint64]  # with sounds that are easily confused folded together
    shaped: NDArray[np.uint64]  # with characters that look alike folded together
    surname: NDArray[np.uint64]
    surname_sounding: NDArray[np.uint64]
    given: NDArray[np.uint64]
    given_sounding: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.length)

    def take(self, rows: NDArray[np.int64]) -> "Names":
        """Some of the names."""
        picked = {field.name: getattr(self, field.name)[rows] for field in fields(self) if field.name != "keys"}
        return Names(keys=[self.keys[k] for k in rows.tolist()], **picked)


def read_names(folded: Iterable[str]) -> Names:
    """The arrays of a column of names that went through ``fold``."""
    keys = list(folded)
    count = len(keys)
    text = np.array(keys, dtype=np.str_) if keys else np.zeros(0, "<U1")
    longest = max(text.dtype.itemsize // 4, 1)
    width = max(min(longest, LONGEST), 2)
    codes = np.ascontiguousarray(text.astype(f"<U{width}")).view(np.uint32).reshape(count, width).copy()
    length = (codes != 0).sum(axis=1).astype(np.int16)
    tables = _tables()
    bounded = np.minimum(codes, _CODES - 1)
    sounds = tables.given[bounded]
    is_han = tables.is_han[bounded[:, 0]]
    pairs = codes[:, 0].astype(np.uint64) << np.uint64(32) | codes[:, 1].astype(np.uint64)
    compound = np.isin(pairs, tables.compound) & (length >= 3)
    surname_length = np.where(is_han & (length <= 4), np.where(compound, 2, 1), 0).astype(np.int16)
    sounds[:, 0] = np.where(surname_length > 0, tables.surname[bounded[:, 0]], sounds[:, 0])
    for pair, (first, second) in tables.compound_readings.items() if compound.any() else ():
        where = (pairs == np.uint64(pair)) & compound
        sounds[where, 0], sounds[where, 1] = first, second

    in_surname = np.arange(width)[None, :] < surname_length[:, None]
    heard = tables.heard[np.minimum(sounds, len(tables.heard) - 1)]
    heard = np.where(sounds < len(tables.heard), heard, sounds)
    shapes = tables.shape[bounded]
    whole = np.ones(codes.shape, bool)
    written, sounding, as_heard, shaped, surname, surname_sounding, given, given_sounding = _hashed(
        np.stack([codes, sounds, heard, shapes, codes, sounds, codes, sounds]),
        np.stack([whole, whole, whole, whole, in_surname, in_surname, ~in_surname, ~in_surname]),
    )
    if longest > width:  # what was cut off still counts towards being equal
        tails = [hash(key) if len(key) > width else 0 for key in keys]
        written = written ^ np.array(tails, np.int64).view(np.uint64)
    has_surname = surname_length > 0
    zero = np.uint64(0)
    return Names(
        keys=keys,
        codes=codes,
        length=length,
        surname_length=surname_length,
        sounds=sounds,
        written=written,
        sounding=sounding,
        heard=as_heard,
        shaped=shaped,
        surname=np.where(has_surname, surname, zero),
        surname_sounding=np.where(has_surname, surname_sounding, zero),
        given=np.where(has_surname, given, zero),
        given_sounding=np.where(has_surname, given_sounding, zero),
    )


class Spelling(NamedTuple):
    """A name in pinyin: syllables, ``zhangsanfeng``, ``zsf``, and the pieces a search may ask for."""

    syllables: tuple[str, ...]
    pinyin: str
    initials: str
    surname_sound: str
    grams: tuple[str, ...]


def spell(names: Names) -> list[Spelling]:
    """The pinyin of each name. A name in Latin letters is its own pinyin. A name that comes often is spelled once."""
    syllable_of = _tables().syllables
    known: dict[str, Spelling] = {}
    found = []
    rows = zip(names.keys, names.sounds.tolist(), names.length.tolist(), names.surname_length.tolist(), strict=True)
    for key, sounds, length, surname_length in rows:
        if key in known:
            found.append(known[key])
            continue
        if key.isascii():
            found.append(Spelling((key,), key, key[:1], key, grams(key, (key,))))
            continue
        syllables = tuple(syllable_of[s] if s < _UNREAD else c for s, c in zip(sounds[:length], key, strict=False))
        known[key] = Spelling(
            syllables,
            "".join(syllables),
            "".join([s[0] for s in syllables]),
            "".join(syllables[:surname_length]) or syllables[0],
            grams(key, syllables),
        )
        found.append(known[key])
    return found


def grams(key: str, syllables: Sequence[str]) -> tuple[str, ...]:
    """What a name is found by inside: its characters, pairs of neighbours, and syllables. Latin: three letters."""
    if key.isascii():
        return tuple(dict.fromkeys(key[i : i + 3] for i in range(max(len(key) - 2, 1)))) if key else ()
    pairs = [key[i : i + 2] for i in range(len(key) - 1)]
    return tuple(dict.fromkeys([*key, *pairs, *syllables]))


def spell_one(name: str) -> Spelling:
    """The pinyin of one name as it was written."""
    return spell(read_names([fold(name)]))[0]


def split_syllables(pinyin: str) -> tuple[list[str], str]:
    """Whole syllables at the front of a typed pinyin, and what is left: ``"zhangsanf"`` → ``["zhang", "san"], "f"``.

    Longest syllable first, going back where that leads nowhere; text that is no pinyin comes back as the rest.
    """
    known = _tables().known
    typed = pinyin.lower().replace(" ", "").replace("'", "").replace("ü", "v")
    best: tuple[list[str], str] = ([], typed)

    def walk(at: int, taken: list[str]) -> bool:
        nonlocal best
        if at == len(typed):
            best = (list(taken), "")
            return True
        if len(typed) - at < len(best[1]):
            best = (list(taken), typed[at:])
        for size in range(min(6, len(typed) - at), 0, -1):
            piece = typed[at : at + size]
            if piece in known and walk(at + size, [*taken, piece]):
                return True
        return False

    if len(typed) <= 40:
        walk(0, [])
    return best


@dataclass(frozen=True)
class _Tables:
    given: NDArray[np.int32]  # code point → number of its sound
    surname: NDArray[np.int32]
    shape: NDArray[np.int32]
    is_han: NDArray[np.bool_]
    heard: NDArray[np.int32]  # number of a sound → number of the sound it is easily taken for
    syllables: list[str]
    known: frozenset[str]
    compound: NDArray[np.uint64]
    compound_readings: dict[int, tuple[int, int]]


@cache
def _tables() -> _Tables:
    numbers: dict[str, int] = {"": 0}

    def number(syllable: str) -> int:
        return numbers.setdefault(syllable, len(numbers))

    plain: dict[str, str] = {}
    given = np.arange(_CODES, dtype=np.int32) + _UNREAD
    given[0] = 0
    is_han = np.zeros(_CODES, bool)
    for code, readings in pinyin_dict.items():
        marked = readings.split(",", 1)[0]
        if marked not in plain:
            plain[marked] = _without_tone(marked)
        given[code] = number(plain[marked])
        is_han[code] = True
    for character, reading in GIVEN_READINGS.items():
        given[ord(character)] = number(reading)
    surname = given.copy()
    compound_readings = {}
    for written, reading in SURNAME_READINGS.items():
        if len(written) == 1:
            surname[ord(written)] = number(reading)
        else:
            first, second = reading.split()
            compound_readings[_pair(written)] = (number(first), number(second))
    heard = np.array([number(_as_heard(s)) for s in list(numbers)], np.int32)
    while len(heard) < len(numbers):  # folded sounds that are no syllable themselves
        heard = np.append(heard, np.arange(len(heard), len(numbers), dtype=np.int32))
    shape = np.arange(_CODES, dtype=np.int32)
    for group in LOOK_ALIKE:
        for character in group[1:]:
            shape[ord(character)] = ord(group[0])
    return _Tables(
        given=given,
        surname=surname,
        shape=shape,
        is_han=is_han,
        heard=heard,
        syllables=list(numbers),
        known=frozenset(plain.values()) - {""},
        compound=np.array(sorted(_pair(name) for name in COMPOUND_SURNAMES), np.uint64),
        compound_readings=compound_readings,
    )


def _pair(two: str) -> int:
    return ord(two[0]) << 32 | ord(two[1])


def _without_tone(marked: str) -> str:
    """``lǚ`` → ``lv``, ``zhāng`` → ``zhang``."""
    split = unicodedata.normalize("NFD", marked).replace("u\u0308", "v")
    return "".join(c for c in split if c.isascii() and c.isalpha())


def _as_heard(syllable: str) -> str:
    for ending, heard in _ENDINGS_ALIKE:
        if syllable.endswith(ending):
            syllable = syllable.removesuffix(ending) + heard
            break
    for initial, heard in _HEARD_ALIKE:
        if syllable.startswith(initial):
            if (initial, heard) == ("h", "f") and not syllable.startswith("hu"):
                return syllable
            rest = syllable.removeprefix("hu" if initial == "h" else initial)
            return heard + (rest or "u")
    return syllable


def _hashed(columns: NDArray[np.generic], counted: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """One 64-bit key per row over the counted cells of the last axis, in order; rows without any give 0."""
    key = np.zeros(columns.shape[:-1], np.uint64)
    cells = np.where(counted, columns, 0).astype(np.uint64)
    for k in range(columns.shape[-1]):
        cell = cells[..., k]
        mixed = (key ^ cell) * np.uint64(0x9E3779B97F4A7C15)
        key = np.where(cell != 0, mixed ^ (mixed >> np.uint64(29)), key)
    return key
