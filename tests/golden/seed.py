"""Reads the golden notice's facts (2018Q3.yaml) as the arguments of `inspectorate.notice.compose`."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from inspectorate import edition
from inspectorate.finding import Consequence, Decision, Finding, Outcome, Proof, Ruling, SubjectKind, Verdict
from inspectorate.judge import Figures, Rate, verdict
from inspectorate.notice import Basis, Inspected, Notice, compose
from inspectorate.quarter import Quarter, day_of
from inspectorate.register import Account, Issuer, Register, Site, Unit
from inspectorate.wording import Wording, house_wording

FILE = Path(__file__).parent / "2018Q3.yaml"


@dataclass(frozen=True)
class Golden:
    """The facts of one printed notice, typed."""

    quarter: Quarter
    issuer: Issuer
    inspection: Inspected
    register: Register
    findings: tuple[Finding, ...]
    verdicts: tuple[Verdict, ...]
    figures: Figures
    number: str
    signed_on: date | None
    deadline: date
    wording: Wording
    printed: dict[str, Any]

    def notice(self, **instead: Any) -> Notice:
        """The notice of these facts, some of them replaced."""
        names = (
            "quarter",
            "issuer",
            "inspection",
            "register",
            "findings",
            "verdicts",
            "figures",
            "number",
            "signed_on",
        )
        facts = {name: getattr(self, name) for name in (*names, "deadline", "wording")}
        return compose(**(facts | instead))


def golden() -> Golden:
    facts = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    issuer = Issuer(**facts["issuer"])
    register = _register(facts, issuer)
    findings = _findings(facts, register)
    editions = edition.load().in_force(day_of(facts["inspection"]["inspected_at"]))
    subjects = (*register.sites, *register.accounts)
    return Golden(
        quarter=Quarter.parse(facts["quarter"]),
        issuer=issuer,
        inspection=Inspected(
            inspected_at=facts["inspection"]["inspected_at"],
            standing=facts["inspection"]["standing"],
            past=False,
            basis=tuple(Basis(*cited) for cited in facts["inspection"]["basis"]),
        ),
        register=register,
        findings=findings,
        verdicts=tuple(verdict(subject, findings, editions) for subject in subjects),
        figures=Figures(
            Rate("site", **facts["figures"]),
            Rate("account", running=len(register.accounts), passed=0, failed=0, unrated=len(register.accounts)),
        ),
        number=facts["number"],
        signed_on=facts["signed_on"],
        deadline=facts["deadline"],
        wording=house_wording().with_phrases(facts["wording"]),
        printed=facts["printed"],
    )


def _register(facts: dict[str, Any], issuer: Issuer) -> Register:
    units, sites, accounts = [], [], []
    for i, s in enumerate(facts["subjects"], 1):
        unit = f"LA{i:02d}"
        units.append(Unit(unit, s["name"], s["level"]))
        sites.append(Site(s["code"], s["name"], unit, "department", s["home"], s["disclosure"]))
        accounts.append(Account(f"{unit}-wb", "weibo", s["weibo"][0], unit, s["weibo"][1]))
        accounts.append(Account(f"{unit}-wx", "wechat", s["wechat"], unit))
    return Register(tuple(units), tuple(sites), tuple(accounts), issuer=issuer)


def finding(
    clause: str,
    subject: str,
    unit: str,
    *,
    kind: SubjectKind = "site",
    outcome: Outcome = Outcome.FAILED,
    consequence: Consequence = "veto",
    phrase: str = "",
    because: str = "",
    proof: tuple[Proof, ...] = (),
    **flags: Any,
) -> Finding:
    """A finding of the golden notice's kind, with what a test does not care about left plain."""
    return Finding(
        edition=re.split("[.-]", clause)[0],
        clause=clause,
        subject=subject,
        kind=kind,
        unit=unit,
        outcome=outcome,
        measured=None,
        limit=None,
        phrase=phrase,
        because=because,
        consequence=consequence,
        proof=proof,
        **flags,
    )


def decided(found: Finding, ruling: Ruling, phrase: str = "") -> Finding:
    """The finding after a person's word on it."""
    at = datetime.fromisoformat("2018-09-12T09:00:00+08:00")
    return found.after(Decision("", found.digest, ruling, phrase, "经集中复核", "zhang", at))


def _findings(facts: dict[str, Any], register: Register) -> tuple[Finding, ...]:
    units = {s.site_code: s.unit_id for s in register.sites} | {a.account_id: a.unit_id for a in register.accounts}
    found = []
    for s in facts["subjects"]:
        for clause in s["vetoes"]:
            made = finding(clause, s["code"], units[s["code"]], phrase=facts["phrases"][clause])
            amended = s.get("amended", {}).get(clause, "")
            found.append(decided(made, Ruling.AMENDED if amended else Ruling.UPHELD, amended))
    for remark in facts["remarks"]:
        for subject in remark["subjects"]:
            kind: SubjectKind = "site" if subject.isdigit() else "account"
            made = finding(remark["clause"], subject, units[subject], kind=kind, consequence="remark")
            found.append(decided(made, Ruling.UPHELD))
    for clause in facts["attested"]:
        found += [
            finding(clause, a.account_id, a.unit_id, kind="account", outcome=Outcome.PASSED, consequence="remark")
            for a in register.accounts
        ]
    return tuple(found)
