"""The people of the demonstration: units, two reviewers and a signer, who know only what they are shown."""

import json
import re
import subprocess
import time
import urllib.error
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from selectolax.lexbor import LexborHTMLParser, LexborNode

from demo.airflow_house import House
from demo.postbox import Postbox, recipient

REVIEWERS = ("fuhe", "hegao")
SIGNER = "qianfa"
REFUSALS = 3  # answers that are not taken before we say that something is wrong with the desk or with us
# A reviewer has only the unit's words to go by: a leave with a number, given before the inspection, excuses.
LEAVE = re.compile(r"[^\s（）]{1,8}〔\d{4}〕\d{1,4}号，(\d{4})年(\d{1,2})月(\d{1,2})日")

Say = Callable[[str], None]
Command = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


class DeskFailed(Exception):
    """The desk did not show what it should, or does not take what people answer; the message says what was seen."""


@dataclass
class Desk:
    """The review desk as somebody who is signed in sees it."""

    house: House
    inspection: str  # such as 2026Q4/1

    def page(self, path: str, who: str) -> LexborHTMLParser:
        """A page of the desk; DeskFailed if it is none."""
        shown = LexborHTMLParser(self.house.read(f"/desk{path}", who).decode())
        title = shown.css_first("title")
        if title is None or not title.text().endswith("复核台"):
            raise DeskFailed(f"/desk{path} 不是复核台的页面: {(title.text() if title else '没有标题')!r}")
        return shown

    def board(self, who: str) -> LexborHTMLParser:
        return self.page(f"/inspection/{self.inspection}", who)

    def submit(self, path: str, facts: Mapping[str, Any], who: str) -> None:
        self.house.submit(f"/desk{path}", urlencode(facts, doseq=True), who)


def text_of(node: LexborNode | None) -> str:
    return " ".join(node.text().split()) if node is not None else ""


# The units


def units_explain(box: Postbox, words: Mapping[str, Mapping[str, str]], desk: Desk, command: Command) -> int:
    """Every unit that got a 核实函 and has something to say says it; a clerk files it beside what the letter is about.

    What stands on the desk already is not filed again. How many units answered.
    """
    quarter, number = desk.inspection.split("/")
    asked = {recipient(letter) for letter in box.letters() if "核实" in str(letter["Subject"])}
    listed = command(["findings", quarter, "--inspection", number]).stdout.splitlines()
    answered = 0
    for address in sorted(asked & set(words)):
        unit, text = words[address]["unit"], words[address]["text"]
        answered += 1
        for finding in (line for line in map(_row, listed) if line["unit"] == unit and _accuses(line)):
            path = "/finding/" + finding["finding_id"]
            if text not in text_of(desk.page(path, REVIEWERS[0]).css_first("main")):
                command(["explain", finding["finding_id"], "--by", unit, "--text", text])
    return answered


def _row(line: str) -> dict[str, Any]:
    return dict(json.loads(line))


def _accuses(finding: Mapping[str, Any]) -> bool:
    return finding["outcome"] == "failed" and finding["consequence"] in ("veto", "points")


def settle_unsure(box: Postbox, command: Command) -> int:
    """The person on watch looks into the mailboxes for letters of which nobody knows whether they arrived."""
    arrived = {(recipient(letter), str(letter["Subject"])) for letter in box.letters()}
    unsure = [row for row in map(_row, command(["letters", "--open"]).stdout.splitlines()) if row["state"] == "unsure"]
    for row in unsure:
        there = (row["recipient"], row["subject"]) in arrived
        ruling, reason = ("arrived", "收件邮箱中已有此信") if there else ("resend", "收件邮箱中没有此信")
        command(["settle-letter", str(row["letter"]), ruling, "--by", REVIEWERS[0], "--reason", reason])
    return len(unsure)


# The reviewers


def review(desk: Desk, inspected_on: tuple[int, int, int], say: Say) -> None:
    """Work through the desk, worst first, the two reviewers in turn, until nothing waits.

    Whoever fails is upheld, unless the unit has shown a leave from before the inspection; what could not be judged is
    set aside with a reason; what no machine examines is attested as not found.
    """
    upheld = dropped = 0
    while paths := _waiting(desk.board(REVIEWERS[0]), "tr.failed"):
        for path in paths:
            who = REVIEWERS[(upheld + dropped) % 2]
            shown = desk.page(path, who)
            form = shown.css_first("form[action$='/decisions']")
            if form is None:
                raise DeskFailed(f"{path}: 没有复核意见的表单")
            facts = {i.attributes["name"]: i.attributes.get("value") or "" for i in form.css("input[type=hidden]")}
            excuse = _leave(shown, inspected_on)
            if excuse:
                dropped += 1
                facts |= {"ruling": "dropped", "reason": f"单位已提供{excuse}，经核实可免予更新，予以撤销"}
            else:
                upheld += 1
                facts |= {"ruling": "upheld", "reason": "已对照取证页面逐项核实，问题属实"}
            desk.submit("/decisions", facts, who)
    say(f"复核：维持{upheld}条，撤销{dropped}条")
    attested = _attest(desk)
    aside = _set_aside(desk)
    say(f"复核：确认未发现{attested}项人工指标，{aside}个对象未纳入本季度检查")


def _waiting(board: LexborHTMLParser, row: str) -> list[str]:
    """Addresses of the findings on the first page of the desk that wait, below /desk."""
    links = [a.attributes.get("href") or "" for a in board.css(f"{row} th a")]
    return ["/finding/" + link.partition("/finding/")[2] for link in links if "/finding/" in link]


def _leave(shown: LexborHTMLParser, inspected_on: tuple[int, int, int]) -> str:
    for quote in shown.css("blockquote p"):
        found = LEAVE.search(text_of(quote))
        if found and (int(found[1]), int(found[2]), int(found[3])) < inspected_on:
            return f"批复（{found[0]}）"
    return ""


def _attest(desk: Desk) -> int:
    boxes = desk.board(REVIEWERS[1]).css("input[name=clause]")
    clauses = [b.attributes["value"] for b in boxes if "disabled" not in b.attributes]
    if clauses:
        desk.submit("/attestations", {"inspection": desk.inspection, "clause": clauses}, REVIEWERS[1])
    return len(clauses)


def _set_aside(desk: Desk) -> int:
    """Whatever still waits could not be judged; the reason is printed."""
    options = desk.board(REVIEWERS[1]).css("select#subject option")
    subjects = [o.attributes["value"] for o in options if o.attributes.get("value")]
    for subject in subjects:
        facts = {"inspection": desk.inspection, "subject": subject, "reason": "受访问限制等影响，未取得足以判断的证据"}
        desk.submit("/set-asides", facts, REVIEWERS[1])
    return len(subjects)


# Questions in Airflow


@dataclass(frozen=True)
class Question:
    """A task of a run that waits for a person."""

    house: House
    dag: str
    run: str
    task: str

    def state(self) -> tuple[str, int]:
        found = self.house.ask("GET", f"{self._path}")
        return str(found["state"]), int(found["try_number"])

    @property
    def _path(self) -> str:
        return f"/api/v2/dags/{self.dag}/dagRuns/{self.run}/taskInstances/{self.task}"

    def answer(self, who: str, chosen: str, form: Mapping[str, Any], seconds: float, thinks: float = 3) -> bool:
        """Answer and wait for what becomes of it: True if it was taken, False if the same is asked again.

        Nobody answers at once: Airflow fails a task that is answered in the very moment in which it begins to wait,
        which on a busy machine is a long one.
        """
        _, number = self.state()
        time.sleep(thinks)
        body = {"chosen_options": [chosen], "params_input": dict(form)}
        self.house.ask("PATCH", f"{self._path}/-1/hitlDetails", body, who)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            state, now = self.state()
            if state == "success":
                return True
            if state == "awaiting_input" and now > number:
                return False
            if state == "failed":
                break
            time.sleep(1)
        raise DeskFailed(
            f"{self.task}: 作答之后没有继续（{self.state()}）:\n{self.house.log(self.dag, self.run, self.task, number)}"
        )

    def refusal(self) -> str:
        """What the last answer was refused for."""
        _, number = self.state()
        lines = self.house.log(self.dag, self.run, self.task, number - 1).splitlines()
        return next((line for line in reversed(lines) if "未被接受" in line), "没有说明")


def answer_until_taken(question: Question, who: str, chosen: str, form: Mapping[str, Any]) -> None:
    """Answer; DeskFailed with the reason if it is refused again and again."""
    for tries in range(REFUSALS):
        if question.answer(who, chosen, form, 120, thinks=3 * 4**tries):
            return
    raise DeskFailed(f"{question.task}: {REFUSALS} 次作答都未被接受: {question.refusal()}")


def sign(question: Question, number: int, say: Say) -> None:
    """A decider tries first and is refused; then the signer signs."""
    form = {"文号": str(number), "成文日期": None, "整改期限": None}
    try:
        if question.answer(REVIEWERS[0], "同意签发", form, 120):
            raise DeskFailed("复核人的签发被接受了，不应如此")
    except urllib.error.HTTPError as refused:
        raise DeskFailed(f"签发: Airflow 不收复核人的作答（{refused.code}）") from None
    say(f"签发：{question.refusal()}")
    answer_until_taken(question, SIGNER, "同意签发", form)
