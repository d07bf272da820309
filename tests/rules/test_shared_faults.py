"""What many sites suffer together is one finding about the platform; what three suffer by themselves stays theirs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from inspectorate.edition import Clause
from inspectorate.evidence import Door, SharedFault, SiteEvidence, Visit
from inspectorate.judge import judge_site
from inspectorate.rules.shared import (
    BlankSite,
    CityWeek,
    SharedFaults,
    find_broken_templates,
    find_outages,
    place_of,
    signs_of,
    stretch,
)
from tests.rules.made_evidence import AT, DAY, ISSUER, LIBRARY, SITE, UNIT, column, columns, in_order, week

EDITION = LIBRARY.edition("E15")
ACCESS, BLANK = EDITION.clause("E15.W-V-01"), EDITION.clause("E15.W-V-03c")
LAW = LIBRARY.in_force(DAY)


def city(
    sites: int, shut: int, *, address: str = "", page: str = "", door: Door = Door.TIMEOUT, apart: int = 0
) -> dict[str, tuple[Visit, ...]]:
    """A week of so many sites; the first so many of them are down one whole day, `apart` minutes after one another."""
    made = {}
    for number in range(sites):
        code = f"{number:010}"
        seen = week(140, shut=20 if number < shut else 0, door=door)
        made[code] = tuple(
            replace(
                v,
                site=code,
                address=address,
                sha256=page if v.outcome is not Door.OPENED and page else None,
                visited_at=v.visited_at + timedelta(minutes=apart * number),
            )
            for v in seen
        )
    return made


def faults(made: dict[str, tuple[Visit, ...]], zones: dict[str, str], clause: Clause = ACCESS) -> SharedFaults:
    """As the store gathers them: every shut door, and how many sites were visited in each stretch."""
    half = stretch(clause)
    assert half is not None
    seen: dict[tuple[str, str, int], set[str]] = {}
    for code, visits in made.items():
        for visit in visits:
            for number in (place_of(visit.visited_at, half) - n for n in (0, 1)):
                marks = [("moment", ""), ("address", visit.address), ("zone", zones.get(code, ""))]
                for sign, mark in marks:
                    seen.setdefault((sign, mark, number), set()).add(code)
    shut = tuple(v for visits in made.values() for v in visits if v.outcome is not Door.OPENED)
    counted = CityWeek(shut, zones, {place: len(codes) for place, codes in seen.items()})
    return SharedFaults.of(find_outages(counted, clause))


def outcomes(made: dict[str, tuple[Visit, ...]], zones: dict[str, str] | None = None) -> list[str]:
    found = faults(made, zones or {})
    said = []
    for code, visits in made.items():
        evidence = found.beside(code, in_order(visits=visits))
        site = replace(SITE, site_code=code)
        (finding,) = judge_site(site, UNIT, evidence, AT, LAW, ISSUER, switched_on={ACCESS.id})
        said.append(str(finding.outcome))
    return said


def test_three_sites_that_share_nothing_and_are_down_still_fail() -> None:
    assert outcomes(city(55, 3)) == ["failed"] * 3 + ["passed"] * 52


def test_forty_five_sites_of_one_address_are_one_finding_and_none_of_them_fails() -> None:
    made = {**city(55, 0), **city(45, 45, address="192.0.2.7")}
    found = faults(made, {})
    (platform,) = found.faults
    assert (platform.sign, platform.mark, len(platform.sites), len(platform.visits)) == (
        "address",
        "192.0.2.7",
        45,
        45 * 20,
    )
    assert outcomes(made) == ["unjudged"] * 45 + ["passed"] * 10
    evidence = found.beside("0000000000", in_order(visits=made["0000000000"]))
    site = replace(SITE, site_code="0000000000")
    (finding,) = judge_site(site, UNIT, evidence, AT, LAW, ISSUER, switched_on={ACCESS.id})
    assert "平台性故障（同一IP地址192.0.2.7）20次" in finding.because
    assert not finding.proof


@pytest.mark.parametrize(
    ("down", "of", "outcome"),
    [(5, 10, "unjudged"), (5, 11, "failed"), (4, 4, "failed"), (6, 11, "unjudged")],
)
def test_an_address_is_down_with_so_many_of_its_sites_and_at_least_half_of_them(
    down: int, of: int, outcome: str
) -> None:
    made = {**city(60, 0), **city(of, down, address="192.0.2.7")}
    assert set(outcomes(made)[:down]) == {outcome}


@pytest.mark.parametrize(("down", "outcome"), [(5, "unjudged"), (4, "failed")])
def test_one_error_page_on_many_sites_is_the_platforms(down: int, outcome: str) -> None:
    made = city(55, down, page="e" * 64, door=Door.HTTP_ERROR)
    assert outcomes(made) == [outcome] * down + ["passed"] * (55 - down)


def test_error_pages_that_differ_are_each_sites_own() -> None:
    made = city(55, 9, door=Door.HTTP_ERROR)
    made = {code: tuple(replace(v, sha256=v.sha256 and code) for v in visits) for code, visits in made.items()}
    assert outcomes(made)[:9] == ["failed"] * 9


@pytest.mark.parametrize(("down", "outcome"), [(28, "unjudged"), (27, "failed")])
def test_most_sites_of_the_city_down_at_one_moment_are_nobodys_fault(down: int, outcome: str) -> None:
    assert outcomes(city(55, down))[:down] == [outcome] * down


def test_a_moment_needs_more_sites_than_a_likeness_does() -> None:
    assert outcomes(city(9, 9)) == ["failed"] * 9
    assert outcomes(city(10, 10)) == ["unjudged"] * 10


def test_names_that_lead_nowhere_below_one_zone_are_the_zones() -> None:
    made = city(12, 6, door=Door.DNS)
    zones = dict.fromkeys(made, "shili.gov.cn")
    assert outcomes(made, zones)[:6] == ["unjudged"] * 6
    assert outcomes(city(13, 6, door=Door.DNS), dict.fromkeys(city(13, 0), "shili.gov.cn"))[:6] == ["failed"] * 6


@pytest.mark.parametrize(("apart", "outcome"), [(1, "unjudged"), (31, "failed")])
def test_sites_that_are_down_one_after_another_are_not_down_together(apart: int, outcome: str) -> None:
    made = city(10, 5, address="192.0.2.7", apart=apart)
    made = {code: tuple(v for v in visits if v.visited_at < AT) for code, visits in made.items()}
    half = stretch(ACCESS)
    assert half is not None
    first = min(v.visited_at for visits in made.values() for v in visits if v.outcome is not Door.OPENED)
    # only the first shut visit of each, so that no later one of another falls into the same stretch
    made = {
        code: tuple(v for v in visits if v.outcome is Door.OPENED or v.visited_at < first + timedelta(hours=3))
        for code, visits in made.items()
    }
    down = faults({c: v[:1] for c, v in made.items()}, {}).faults
    assert bool(down) == (outcome == "unjudged")


def test_a_platform_that_was_down_for_one_visit_leaves_a_site_passed() -> None:
    made = {c: tuple(v) for c, v in city(20, 0, address="192.0.2.7").items()}
    made = {c: (replace(v[0], outcome=Door.TIMEOUT, seconds=None), *v[1:]) for c, v in made.items()}
    assert outcomes(made) == ["passed"] * 20


def test_what_a_site_did_by_itself_is_still_counted_beside_a_platforms_outage() -> None:
    made = city(20, 20, address="192.0.2.7")
    bad = list(made["0000000000"])
    bad[-30:] = [replace(v, outcome=Door.REFUSED, seconds=None) for v in bad[-30:]]
    made["0000000000"] = tuple(bad)
    assert outcomes(made) == ["failed"] + ["unjudged"] * 19


def test_the_rule_only_ever_turns_failed_into_unjudged() -> None:
    """Whatever is shared, nobody who passes without the rule is worse with it than unjudged, and nobody fails."""
    for down in (0, 3, 6, 12, 30):
        made = city(40, down, address="192.0.2.7")
        shared = outcomes(made)
        alone = [
            str(
                judge_site(
                    replace(SITE, site_code=c), UNIT, in_order(visits=v), AT, LAW, ISSUER, switched_on={ACCESS.id}
                )[0].outcome
            )
            for c, v in made.items()
        ]
        assert {(a, b) for a, b in zip(alone, shared, strict=True)} <= {
            ("failed", "failed"),
            ("failed", "unjudged"),
            ("passed", "passed"),
        }


def test_an_edition_without_these_numbers_knows_no_such_fault() -> None:
    old = replace(ACCESS, limits={k: v for k, v in ACCESS.limits.items() if not k.startswith("outage_")})
    shut = tuple(v for visits in city(45, 45, address="192.0.2.7").values() for v in visits)
    assert stretch(old) is None
    assert find_outages(CityWeek(shut), old) == ()
    assert find_broken_templates(blanks(9), replace(BLANK, limits={"count": 5}), AT) == ()


def test_a_door_shares_only_what_it_showed() -> None:
    visit = Visit("1", AT, "probe", Door.OPENED, 20.0, "a" * 64)
    assert signs_of(visit, "shili.gov.cn") == [("moment", "")]


# Templates


def blanks(sites: int, columns: int = 9, template: str = "t") -> list[BlankSite]:
    return [BlankSite(f"{n:010}", columns, frozenset({template})) for n in range(sites)]


@pytest.mark.parametrize(
    ("some", "broken"),
    [
        (blanks(5), 5),
        (blanks(4), 0),
        (blanks(5, columns=5), 5),
        (blanks(5, columns=4), 0),
        ([*blanks(4), BlankSite("x", 9, frozenset({"u"}))], 0),
    ],
)
def test_a_template_is_broken_where_five_sites_show_nothing_at_all(some: Sequence[BlankSite], broken: int) -> None:
    assert sum(len(f.sites) for f in find_broken_templates(some, BLANK, AT)) == broken


def test_blank_pages_of_a_broken_template_accuse_nobody_and_other_columns_still_do() -> None:
    blank = in_order(columns=columns([{"times": 6, "state": "blank"}]))
    mixed = in_order(columns=(*blank.columns, *(column(n, "stale") for n in range(10, 16))))
    fault = SharedFault("template", "t" * 64, (SITE.site_code,), AT, AT)

    def found(evidence: SiteEvidence, clause: str, shared: Sequence[SharedFault]) -> str:
        seen = SharedFaults.of(shared).beside(SITE.site_code, evidence)
        return str(judge_site(SITE, UNIT, seen, AT, LAW, ISSUER, switched_on={clause})[0].outcome)

    assert found(blank, "E15.W-V-03c", ()) == "failed"
    assert found(blank, "E15.W-V-03c", (fault,)) == "unjudged"
    assert found(mixed, "E15.W-V-03a", (fault,)) == "failed"
