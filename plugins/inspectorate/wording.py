"""The text library of the papers: sentences with slots, kept as data beside the templates, and how words are set."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import yaml

from inspectorate.finding import SubjectKind
from inspectorate.register import Issuer

TITLE_WIDTH = 19  # of 二号 characters that fit on a line of the type area
LISTS = ("part_labels", "clean", "problems", "requirements", "survey_notes")


@dataclass(frozen=True, slots=True)
class Sentence:
    clauses: tuple[str, ...]
    text: str
    kind: SubjectKind | None = None


@dataclass(frozen=True, slots=True)
class Theme:
    heading: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Requirement:
    heading: str
    text: str
    when: str = ""  # edition; empty: always


@dataclass(frozen=True, slots=True)
class Wording:
    """The text library: sentences with slots, no facts. An issuer's own phrases replace single texts."""

    texts: Mapping[str, str]
    part_labels: Mapping[str, str]
    clean: tuple[Sentence, ...]
    problems: tuple[Theme, ...]
    requirements: tuple[Requirement, ...]
    survey_notes: tuple[str, ...]

    def say(self, name: str, **slots: object) -> str:
        """The text with its slots filled; a text or a slot that is missing is a KeyError naming both."""
        try:
            return self.texts[name].format_map(slots)
        except KeyError as missing:
            raise KeyError(f"用语库 {name}: 缺少 {missing}") from None

    def with_phrases(self, own: Mapping[str, Any]) -> Self:
        """This library with an issuer's own phrases; a name that the library does not know is a KeyError."""
        known = set(self.texts) | set(LISTS)
        if unknown := sorted(set(own) - known):
            raise KeyError(f"用语库没有这些条目: {', '.join(unknown)}")
        texts = dict(self.texts) | {k: str(v) for k, v in own.items() if k in self.texts}
        return type(self)(
            texts=texts,
            part_labels=own.get("part_labels", self.part_labels),
            clean=_sentences(own["clean"]) if "clean" in own else self.clean,
            problems=_themes(own["problems"]) if "problems" in own else self.problems,
            requirements=_requirements(own["requirements"]) if "requirements" in own else self.requirements,
            survey_notes=tuple(own.get("survey_notes", self.survey_notes)),
        )


def _sentences(rows: Iterable[Mapping[str, Any]]) -> tuple[Sentence, ...]:
    return tuple(Sentence(tuple(r["clauses"]), r["text"], r.get("kind")) for r in rows)


def _themes(rows: Iterable[Mapping[str, Any]]) -> tuple[Theme, ...]:
    return tuple(Theme(r["heading"], _sentences(r["sentences"])) for r in rows)


def _requirements(rows: Iterable[Mapping[str, Any]]) -> tuple[Requirement, ...]:
    return tuple(Requirement(r["heading"], r["text"], r.get("when", "")) for r in rows)


def read_wording(text: str) -> Wording:
    """Read a text library (YAML). A missing list is a KeyError that names it."""
    rows: dict[str, Any] = yaml.safe_load(text)
    return Wording(
        texts={k: str(v) for k, v in rows.items() if k not in LISTS},
        part_labels=rows["part_labels"],
        clean=_sentences(rows["clean"]),
        problems=_themes(rows["problems"]),
        requirements=_requirements(rows["requirements"]),
        survey_notes=tuple(rows["survey_notes"]),
    )


@lru_cache(maxsize=1)
def house_wording() -> Wording:
    """The text library that comes with the house."""
    return read_wording((Path(__file__).parent / "templates" / "wording.yaml").read_text(encoding="utf-8"))


# Small words.


def printable(text: str) -> str:
    """Text as data: one line, without control, private and direction-changing characters that paper cannot show."""
    kept = text
    if not text.isprintable():
        kept = "".join(" " if c in "\t\n\r\v\f\x85\u2028\u2029" else c for c in text)
        kept = "".join(c for c in kept if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn", "Co"))
    return re.sub(" {2,}", " ", kept).strip(" ")


def spell_day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def place_of(issuer: Issuer) -> str:
    """六安市 of 六安市人民政府办公室; empty where the name has no 人民政府."""
    before, found, _ = issuer.name.partition("人民政府")
    return before if found else ""


def scope_of(issuer: Issuer) -> str:
    place = place_of(issuer)
    return f"全{place[-1]}" if place and place[-1] in "省市县区州盟旗" else "全市"


def break_title(pieces: Sequence[str], width: float) -> tuple[str, ...]:
    """Title lines that break no word, the upper ones longer (梯形)."""
    lines = [""]
    for piece in pieces:
        if lines[-1] and width_of(lines[-1] + piece) > width:
            lines.append(piece)
        else:
            lines[-1] += piece
    return tuple(lines)


def width_of(text: str) -> float:
    """In full-width characters."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.5 for c in text)
