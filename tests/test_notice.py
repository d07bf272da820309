"""The notice's facts: what is printed, what is not, and what may not be printed at all."""

import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspectorate import edition
from inspectorate.finding import Finding, Outcome, Proof, Ruling, Verdict
from inspectorate.judge import Figures, Rate, figures, verdict
from inspectorate.letter import compose_letters
from inspectorate.notice import Basis, Contradiction, Inspected, Notice, SetAside, cite, compose, watermark
from inspectorate.quarter import Quarter
from inspectorate.register import Account, Column, Issuer, Register, Site, Unit
from inspectorate.survey import compose_survey
from inspectorate.wording import break_title, house_wording, printable, width_of
from tests.golden.seed import Golden, decided, finding, golden

E15_DAY = datetime.fromisoformat("2018-12-10T10:00:00+08:00")
E19_DAY = datetime.fromisoformat("2019-06-10T10:00:00+08:00")
ISSUER = Issuer(name="淮滨市人民政府办公室", short_name="市政府办公室", region="huaibin", number_prefix="淮政办秘")
UNITS = tuple(Unit(f"U{i}", f"第{i}局", "department" if i > 1 else "county") for i in (1, 2, 3))
SITES = tuple(
    Site(f"341500000{i}", f"第{i}局网站", f"U{i}", "department", f"http://u{i}.example.gov.cn") for i in (1, 2, 3)
)
ACCOUNTS = (Account("A1", "weibo", "一局发布", "U1", "http://weibo.example/u/1"), Account("A2", "wechat", "二局", "U2"))
CITY = Register(UNITS, SITES, ACCOUNTS, issuer=ISSUER)
E15, E19 = (
    Basis("E15", "全国政府网站普查评分表", "国办发〔2015〕15号"),
    Basis("E19", "检查指标", "国办秘函〔2019〕19号"),
)
DN = Basis("DN", "关于加强政府网站域名管理的通知", "国办函〔2018〕55号")
AUTOMATIC = ("E15.W-V-01", "E15.W-V-02", "E15.W-V-03a", "E15.W-V-03b", "E15.W-V-03c", "E15.W-V-05")


def clean(site: str) -> list[Finding]:
    """Every automatic veto of E15 passed."""
    unit = next(s.unit_id for s in SITES if s.site_code == site)
    return [finding(clause, site, unit, outcome=Outcome.PASSED) for clause in AUTOMATIC]


def instead(findings: list[Finding], new: Finding) -> list[Finding]:
    return [new if (f.clause, f.subject) == (new.clause, new.subject) else f for f in findings]


def everyone_clean() -> list[Finding]:
    return [f for s in SITES for f in clean(s.site_code)]


def draft(
    findings: list[Finding],
    *,
    day: datetime = E15_DAY,
    standing: str = "official",
    past: bool = False,
    basis: tuple[Basis, ...] = (E15,),
    register: Register = CITY,
    aside: tuple[SetAside, ...] = (),
    **more: object,
) -> Notice:
    """A notice of the small city: verdicts and figures come from the judge, as in the draft of any quarter."""
    subjects = (*register.running_sites(day.date()), *register.running_accounts(day.date()))
    editions = edition.load().in_force(day.date())
    names = {s.subject for s in aside}
    verdicts = [
        verdict(s, findings, editions, (s.site_code if isinstance(s, Site) else s.account_id) in names)
        for s in subjects
    ]
    return compose(
        Quarter.of(day), ISSUER, Inspected(day, standing, past, basis), register, findings, verdicts,
        figures(verdicts, register.units, ISSUER), aside, **more,
    )  # type: ignore[arg-type]  # fmt: skip


def said(notice: Notice) -> str:
    """All running text of a notice."""
    lines = [notice.preamble, notice.closing]
    for section in notice.sections:
        lines += [section.ordinal + "、" + section.heading, *section.paragraphs]
        lines += [p.label + p.heading + "。" + p.text for p in section.points]
    return "\n".join(lines)


STALE = finding("E15.W-V-03b", SITES[1].site_code, "U2", phrase="10个以上栏目未更新")


@pytest.fixture(scope="module")
def seed() -> Golden:
    return golden()


class TestTheSeedNotice:
    def test_prints_55_sites_100_percent_7_failing_87_percent(self, seed: Golden) -> None:
        notice = seed.notice()
        assert (notice.figures.sites.running, notice.site_share) == (55, "100%")
        assert (notice.figures.sites.failed, notice.site_rate) == (7, "87%")
        text = said(notice)
        for sentence in seed.printed["sentences"]:
            if not sentence.startswith(("附件", "2.", "抄送")):
                assert sentence in text

    def test_prints_the_seven_rows_in_the_order_of_the_register_and_not_of_the_codes(self, seed: Golden) -> None:
        rows = seed.notice().site_rows
        assert {r.site_code: r.problems for r in rows} == seed.printed["problems"]
        assert [r.site_code for r in rows] == list(seed.printed["problems"])
        assert [r.number for r in rows] == [1, 2, 3, 4, 5, 6, 7]

    def test_prints_both_phrases_of_one_site_in_the_order_of_the_rules(self, seed: Golden) -> None:
        row = seed.notice().site_rows[3]
        assert row.problems == "动态、政策、公告类栏目5个以上未更新; 10个以上栏目未更新"

    def test_prints_an_amended_phrase_in_place_of_the_clauses_own(self, seed: Golden) -> None:
        assert seed.notice().site_rows[2].problems == "动态、政策公告类栏目5个以上未更新"

    def test_keeps_the_damaged_address_and_the_printed_form_of_the_accounts(self, seed: Golden) -> None:
        first = seed.notice().site_rows[0]
        assert first.disclosure_url.endswith("branch_id=5212bc2e682e09147c7e4")
        assert (first.weibo_address, first.wechat_qr) == ("http://weibo.com/u/6100068350?s=6cm7D0", "")

    def test_warns_that_the_parts_do_not_come_to_the_total(self, seed: Golden) -> None:
        (warning,) = seed.notice().warnings
        assert "55" in warning
        assert "54" in warning

    def test_leaves_the_date_of_signing_blank_because_nobody_said_it(self, seed: Golden) -> None:
        notice = seed.notice()
        assert notice.signed_on == "2018年　　月　　日"
        assert notice.number == "六政办秘〔2018〕200号"
        assert notice.obstacles() == ()

    def test_names_annexes_and_copies_as_the_issuer_spells_them(self, seed: Golden) -> None:
        notice = seed.notice()
        assert notice.title == seed.printed["title"]
        assert notice.attachments == (
            "2018年第三季度巡查不合格政府网站名单及突出问题",
            "六安市政府网站域名业务摸底调查表",
        )
        assert "《六安市政府网站域名业务调查摸底表》（见附件2）" in said(notice)
        assert notice.copies == "市委办公室，市人大常委会办公室，市政协办公室"

    def test_same_facts_make_the_same_notice(self, seed: Golden) -> None:
        assert seed.notice() == golden().notice()


def test_a_dropped_finding_names_nobody() -> None:
    notice = draft(instead(everyone_clean(), decided(STALE, Ruling.DROPPED)))
    assert notice.site_rows == ()
    assert notice.site_rate == "100%"
    assert "第2局网站" not in said(notice)


def test_a_veto_that_nobody_decided_is_not_called_reviewed_and_cannot_be_signed() -> None:
    notice = draft(instead(everyone_clean(), STALE))
    assert [r.site_code for r in notice.site_rows] == [SITES[1].site_code]
    assert "经复核" not in said(notice)
    assert "经初步检查" in said(notice)
    assert notice.undecided == (f"E15.W-V-03b {SITES[1].site_code}",)
    assert any("未经复核" in o for o in notice.obstacles())


def test_a_veto_that_a_person_upheld_is_called_reviewed() -> None:
    notice = draft(instead(everyone_clean(), decided(STALE, Ruling.UPHELD)))
    assert "经复核，发现存在突出问题的网站1家，合格率67%（见附件）。" in said(notice)
    assert notice.obstacles() == ()


def test_an_unjudged_site_stands_in_the_list_of_the_open_ones_and_on_every_page_but_in_no_accusation() -> None:
    unknown = replace(STALE, outcome=Outcome.UNJUDGED, because="3个栏目未能读取")
    notice = draft(instead(everyone_clean(), unknown))
    assert notice.watermark == ("待核",)
    assert [(r.subject, r.reason) for r in notice.unjudged] == [(SITES[1].site_code, "E15.W-V-03b：3个栏目未能读取")]
    assert notice.site_rows == ()
    assert "完成检查2家，网站检查率67%" in said(notice)
    assert "另有1家网站待核（见附件）" in said(notice)
    assert any("待核" in o for o in notice.obstacles())


def test_a_site_that_was_set_aside_is_printed_with_its_reason_and_nowhere_else() -> None:
    site = SITES[1].site_code
    unknown = replace(STALE, outcome=Outcome.UNJUDGED, because="首页有验证页面")
    remark = finding("DN-06", site, "U2", consequence="remark")
    notice = draft([*instead(everyone_clean(), unknown), remark], aside=(SetAside(site, "网站正在整合迁移"),))
    assert [(r.subject, r.reason) for r in notice.set_aside] == [(site, "网站正在整合迁移")]
    assert notice.unjudged == ()
    assert notice.watermark == ()
    assert "域名" not in said(notice).split("三、")[0].split("二、")[-1]
    assert "另有1家网站未纳入本季度检查（见附件）" in said(notice)


def test_setting_aside_without_a_printed_reason_is_refused() -> None:
    unknown = replace(STALE, outcome=Outcome.UNJUDGED)
    with pytest.raises(Contradiction, match="没有写明原因"):
        draft(instead(everyone_clean(), unknown), aside=(SetAside(SITES[1].site_code, ""),))


def test_a_site_that_does_not_run_on_the_day_is_in_no_line() -> None:
    closed = replace(SITES[1], status="offline")
    register = replace(CITY, sites=(SITES[0], closed, SITES[2]))
    notice = draft(instead(everyone_clean(), decided(STALE, Ruling.UPHELD)), register=register)
    assert notice.site_rows == ()
    assert notice.figures.sites.running == 2
    assert "存在的突出问题" not in said(notice)


def test_a_missing_account_leaves_its_cells_empty() -> None:
    notice = draft(instead(everyone_clean(), decided(STALE, Ruling.UPHELD)))
    (row,) = notice.site_rows
    assert (row.weibo_name, row.weibo_address, row.wechat_name) == ("", "", "二局")


def test_a_unit_with_several_accounts_is_printed_with_its_main_one() -> None:
    more = (
        Account("A3", "wechat", "二局服务号", "U2", main=True),
        Account("A4", "weibo", "已注销", "U2", status="offline"),
    )
    register = replace(CITY, accounts=(*ACCOUNTS, *more))
    (row,) = draft(instead(everyone_clean(), decided(STALE, Ruling.UPHELD)), register=register).site_rows
    assert (row.wechat_name, row.weibo_name) == ("二局服务号", "")


def test_an_issuer_without_a_name_gets_a_placeholder_a_warning_and_no_signature() -> None:
    seed = golden()
    notice = seed.notice(issuer=replace(seed.issuer, name="", short_name=""))
    assert notice.title.startswith("（发文机关）关于2018年第三季度")
    assert any("issuer.yaml" in w for w in notice.warnings)
    assert any("发文机关" in o for o in notice.obstacles())


def test_where_nothing_could_be_judged_no_pass_rate_is_printed() -> None:
    unknown = [replace(f, outcome=Outcome.UNJUDGED, because="未能读取") for f in everyone_clean()]
    text = said(draft(unknown))
    assert "完成检查0家，网站检查率0%。" in text
    assert "合格率" not in text
    accounts = [
        finding("E19.M-V-02a", a.account_id, a.unit_id, kind="account", outcome=Outcome.UNJUDGED) for a in ACCOUNTS
    ]
    assert "完成检查0个，检查率0%。另有2个账号待核" in said(e19(*accounts))


@pytest.mark.parametrize(
    ("standing", "past", "unjudged", "words"),
    [
        ("official", False, 0, ()),
        ("official", False, 2, ("待核",)),
        ("trial", False, 0, ("试算",)),
        ("trial", True, 0, ("试算", "补算稿")),
        ("trial", True, 1, ("试算", "补算稿", "待核")),
    ],
)
def test_the_watermark_tells_what_the_draft_is(
    standing: str, past: bool, unjudged: int, words: tuple[str, ...]
) -> None:
    assert watermark(Inspected(E15_DAY, standing, past), unjudged) == words  # type: ignore[arg-type]


def test_a_trial_cannot_be_signed() -> None:
    assert "试算结果不得签发" in draft(everyone_clean(), standing="trial").obstacles()


class TestWhatMayBeSaid:
    def text(self, *findings: Finding) -> str:
        return said(draft([*everyone_clean(), *findings]))

    def remark(self, **flags: object) -> Finding:
        return finding("DN-06", SITES[0].site_code, "U1", consequence="remark", **flags)  # type: ignore[arg-type]

    def test_a_problem_is_told_only_from_a_finding(self) -> None:
        assert "存在的突出问题" not in self.text()
        assert "个别单位网站栏目、频道、专题" in self.text(self.remark())

    def test_several_units_are_部分_and_one_is_个别(self) -> None:
        other = finding("DN-06", SITES[2].site_code, "U3", consequence="remark")
        assert "部分单位网站栏目、频道、专题" in self.text(self.remark(), other)

    def test_a_remark_on_unconfirmed_facts_is_not_told_before_a_person_decided_it(self) -> None:
        assert "频道、专题" not in self.text(self.remark(clause_confirmed=False)).split("工作要求")[0]
        assert "频道、专题" not in self.text(self.remark(columns_confirmed=False)).split("工作要求")[0]
        upheld = decided(self.remark(columns_confirmed=False), Ruling.UPHELD)
        assert "频道、专题" in self.text(upheld).split("工作要求")[0]

    def test_a_mere_note_is_not_told_before_a_person_decided_it(self) -> None:
        note = finding("LA-M-05", "A1", "U1", kind="account", consequence="note")
        assert "内容长期不更新" not in self.text(note)
        assert "内容长期不更新" in self.text(decided(note, Ruling.UPHELD))

    @pytest.mark.parametrize("outcome", [Outcome.UNJUDGED, Outcome.NOT_EXAMINED, Outcome.PASSED])
    def test_what_did_not_fail_is_no_problem(self, outcome: Outcome) -> None:
        assert "存在的突出问题" not in self.text(self.remark(outcome=outcome))

    def test_nothing_is_said_not_to_have_been_found_unless_every_subject_was_examined(self) -> None:
        sentence = "各网站未发现严重错误"
        attested = [finding("E15.W-V-04", s.site_code, s.unit_id, outcome=Outcome.PASSED) for s in SITES]
        assert sentence in self.text(*attested)
        assert sentence not in self.text(*attested[:2])
        assert sentence not in self.text(*attested[:2], replace(attested[2], outcome=Outcome.NOT_EXAMINED))
        assert sentence not in self.text(*attested[:2], replace(attested[2], outcome=Outcome.UNJUDGED))

    def test_accounts_without_vetoes_are_in_no_rate_and_only_the_examined_are_counted(self) -> None:
        examined = finding("LA-M-06", "A1", "U1", kind="account", outcome=Outcome.PASSED, consequence="remark")
        open_one = finding("LA-M-06", "A2", "U2", kind="account", outcome=Outcome.UNJUDGED, consequence="remark")
        text = self.text(examined, open_one)
        assert "对1个政务微博、微信账号进行了检查" in text
        assert "账号进行了检查" not in self.text(open_one)
        assert draft([*everyone_clean(), examined]).account_rate == ""


def e19(*accounts: Finding) -> Notice:
    automatic = ("E19.W-V-02", "E19.W-V-03", "E19.W-V-04a", "E19.W-V-04b", "E19.W-V-04c", "E19.W-V-05b")
    passed = [finding(c, s.site_code, s.unit_id, outcome=Outcome.PASSED) for s in SITES for c in automatic]
    return draft([*passed, *accounts], day=E19_DAY, basis=(E19, DN))


def test_accounts_with_vetoes_have_figures_and_an_annex_of_their_own() -> None:
    silent = finding("E19.M-V-02a", "A1", "U1", kind="account", phrase="监测时间点前2周内无更新")
    fine = finding("E19.M-V-02a", "A2", "U2", kind="account", outcome=Outcome.PASSED)
    notice = e19(decided(silent, Ruling.UPHELD), fine)
    (row,) = notice.account_rows
    assert (row.platform, row.name, row.unit, row.problems) == ("微博", "一局发布", "第1局", "监测时间点前2周内无更新")
    assert (notice.account_share, notice.account_rate) == ("100%", "50%")
    assert "对2个政务新媒体账号进行了检查，完成检查2个，检查率100%；不合格1个，合格率50%（见附件1）。" in said(notice)
    assert notice.title.endswith("全市政府网站与政务新媒体巡查情况的通报")
    assert notice.labels == {"accounts": "附件1", "survey": "附件2"}
    assert (
        "根据《检查指标》（国办秘函〔2019〕19号）、《关于加强政府网站域名管理的通知》（国办函〔2018〕55号）等要求"
        in said(notice)
    )


def test_percentages_follow_the_issuers_decimals() -> None:
    seed = golden()
    rate = replace(seed.figures.sites, decimals=1)
    notice = seed.notice(figures=Figures(rate, seed.figures.accounts))
    assert notice.site_rate == "87.3%"
    assert "合格率87.3%" in said(notice)


@given(passed=st.integers(0, 400), failed=st.integers(0, 400), decimals=st.integers(0, 2))
def test_a_rate_is_never_off_by_more_than_half_of_its_last_digit(passed: int, failed: int, decimals: int) -> None:
    rate = Rate("site", passed + failed, passed, failed, decimals=decimals)
    if rate.pass_rate is not None:
        exact = Decimal(passed) * 100 / Decimal(passed + failed)
        assert abs(rate.pass_rate - exact) <= Decimal(1).scaleb(-decimals) / 2


STATES = ("passed", "failed", "upheld", "dropped", "unjudged", "set_aside", "offline")


def shut(state: str) -> str:
    return "offline" if state == "offline" else "running"


@settings(deadline=None)
@given(st.lists(st.sampled_from(STATES), min_size=1, max_size=12))
def test_whatever_the_judge_says_the_paper_names_the_failing_and_no_one_else(states: list[str]) -> None:
    units = tuple(Unit(f"V{i}", f"单位{i}", "department") for i in range(len(states)))
    sites = tuple(
        replace(SITES[0], site_code=f"34150001{i:02d}", name=f"网站{i}", unit_id=f"V{i}", status=shut(state))
        for i, state in enumerate(states)
    )
    findings, aside = [], []
    for site, state in zip(sites, states, strict=True):
        for clause in AUTOMATIC:
            found = finding(clause, site.site_code, site.unit_id, outcome=Outcome.PASSED, phrase="10个以上栏目未更新")
            if clause == "E15.W-V-03b" and state != "passed":
                unknown = state in ("unjudged", "set_aside")
                found = replace(found, outcome=Outcome.UNJUDGED if unknown else Outcome.FAILED)
                if state in ("upheld", "dropped"):
                    found = decided(found, Ruling(state))
            findings.append(found)
        if state == "set_aside":
            aside.append(SetAside(site.site_code, "正在迁移"))
    notice = draft(findings, register=Register(units, sites, issuer=ISSUER), aside=tuple(aside))
    guilty = [s.site_code for s, state in zip(sites, states, strict=True) if state in ("failed", "upheld")]
    assert [r.site_code for r in notice.site_rows] == guilty
    assert [r.subject for r in notice.unjudged] == [
        s.site_code for s, v in zip(sites, states, strict=True) if v == "unjudged"
    ]
    assert [r.subject for r in notice.set_aside] == [a.subject for a in aside]
    rate = notice.figures.sites
    printed = {int(n) for n in re.findall(r"(\d+)家", said(notice))}
    assert printed <= {rate.running, rate.judged, rate.failed, len(notice.unjudged), len(aside)}
    assert bool(guilty) == ("突出问题的网站" in said(notice))


class TestContradictions:
    """A paper that contradicts itself is not printed: it could name someone who did nothing wrong."""

    def refuse(self, match: str, **changes: object) -> None:
        with pytest.raises(Contradiction, match=match):
            golden().notice(**changes)

    def test_more_failing_in_the_figures_than_in_the_list(self) -> None:
        seed = golden()
        self.refuse("名单7", figures=Figures(replace(seed.figures.sites, passed=47, failed=8), seed.figures.accounts))

    def test_fewer_judged_than_running_and_nobody_listed_as_open(self) -> None:
        seed = golden()
        self.refuse("未完成检查1", figures=Figures(replace(seed.figures.sites, passed=47), seed.figures.accounts))

    def test_a_failing_verdict_without_a_ground(self) -> None:
        seed = golden()
        bare = tuple(f for f in seed.findings if f.subject != "3415000048")
        self.refuse("3415000048: 判定为不合格，但", findings=bare)

    def test_a_failing_verdict_whose_finding_was_dropped_meanwhile(self) -> None:
        seed = golden()
        dropped = tuple(
            decided(replace(f, decision=Ruling.NONE), Ruling.DROPPED) if f.subject == "3415000048" else f
            for f in seed.findings
        )
        self.refuse("3415000048: 判定为不合格，但", findings=dropped)

    def test_a_passing_verdict_though_a_veto_stands(self) -> None:
        seed = golden()
        kind = tuple(
            Verdict(v.subject, v.kind, v.unit, "合格", None, (), ()) if v.subject == "3415000048" else v
            for v in seed.verdicts
        )
        self.refuse("单项否决成立: E15.W-V-03b", verdicts=kind)


class TestLetters:
    def letters(self, findings: list[Finding]) -> dict[str, str]:
        ordered = compose_letters(Quarter(2018, 4), ISSUER, Inspected(E15_DAY, "official", False), CITY, findings)
        return {letter.unit_id: repr(letter) for letter in ordered}

    def test_a_unit_hears_of_its_own_findings_and_of_no_one_elses(self) -> None:
        mine = replace(STALE, proof=(Proof("http://u2.example.gov.cn/a/", E15_DAY, "ab", "甲栏目"),))
        theirs = finding("DN-06", SITES[2].site_code, "U3", consequence="remark", phrase="域名不规范")
        letters = self.letters([mine, theirs])
        assert list(letters) == ["U2", "U3"]
        assert "甲栏目" in letters["U2"]
        assert "域名不规范" not in letters["U2"]
        assert "甲栏目" not in letters["U3"]
        assert "草稿" in letters["U2"]

    @pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.UNJUDGED, Outcome.NOT_EXAMINED])
    def test_a_unit_without_a_failed_finding_gets_no_letter(self, outcome: Outcome) -> None:
        assert self.letters([replace(STALE, outcome=outcome)]) == {}

    def test_a_dropped_finding_is_not_asked_about(self) -> None:
        assert self.letters([decided(STALE, Ruling.DROPPED)]) == {}


class TestSurveys:
    def test_it_is_filled_with_what_the_register_knows_and_leaves_the_rest_to_the_unit(self) -> None:
        site = replace(SITES[1], domains=("u2.example.gov.cn", "old.example.gov.cn"))
        columns = (
            Column(site.site_code, "http://u2.example.gov.cn/tz/", "通知公告"),
            Column(site.site_code, "http://u2.example.gov.cn/zc/", "政策文件"),
            Column(site.site_code, "http://ywxt.u2.example.gov.cn/", "申报系统", type="业务系统"),
            Column(site.site_code, "http://u2.example.gov.cn/zt/", "下属专题", type="专题", owner="U3"),
        )
        register = replace(CITY, sites=(site,), columns=columns)
        accused = finding(
            "DN-06",
            site.site_code,
            "U2",
            consequence="remark",
            proof=(Proof(columns[2].url, E15_DAY, None, "申报系统"),),
        )
        form = compose_survey(UNITS[1], ISSUER, register, E15_DAY.date(), [accused])
        (filled,) = form.sites
        assert (form.unit, filled.name, filled.kind) == ("第2局", "第2局网站", "部门网站")
        assert [(d.name, d.main) for d in filled.domains] == [
            ("u2.example.gov.cn", True),
            ("old.example.gov.cn", False),
        ]
        assert [(r.name, r.host, r.compliant) for r in filled.columns] == [("通知公告等2个", "u2.example.gov.cn", "是")]
        assert [(r.name, r.compliant) for r in filled.systems] == [
            ("申报系统", "否（DEEP_SUBDOMAIN 使用下级或同级的另一域名）")
        ]
        assert [(r.name, r.shown_as, r.institution) for r in filled.subordinates] == [("第3局", "专题", "")]

    def test_a_unit_without_a_site_gets_the_blank_form(self) -> None:
        form = compose_survey(UNITS[2], ISSUER, replace(CITY, sites=SITES[:2]), E15_DAY.date())
        assert form.sites[0].name == ""
        assert form.title == "淮滨市政府网站域名业务摸底调查表"


class TestWords:
    @given(st.text())
    def test_printed_data_holds_no_control_and_no_direction_changing_character(self, text: str) -> None:
        kept = printable(text)
        assert all(c.isprintable() or c == "\u3000" or c.isspace() for c in kept)
        assert not set(kept) & set("\x00\x07\x0b\x0c\n\r\t\u202e\u2066\ufeff")
        assert printable(kept) == kept

    def test_ordinary_text_is_printed_as_it_is(self) -> None:
        plain = "动态、政策、公告类栏目5个以上未更新; <b>&{{ 7*7 }} http://x.example/?a=1&b=2"
        assert printable(plain) == plain

    def test_title_lines_break_no_word_and_fit(self) -> None:
        lines = break_title(("六安市人民政府办公室", "关于", "2018年第三季度", "全市", "政府网站巡查情况的通报"), 19)
        assert lines == ("六安市人民政府办公室关于2018年第三季度", "全市政府网站巡查情况的通报")
        assert all(width_of(line) <= 19 for line in lines)

    def test_a_number_is_asked_for_and_never_made_up(self) -> None:
        assert draft(everyone_clean()).number == "淮政办秘〔2018〕　　号"
        assert draft(everyone_clean(), signed_on=date(2019, 1, 3)).number == "淮政办秘〔2019〕　　号"
        assert draft(everyone_clean(), signed_on=date(2019, 1, 3)).signed_on == "2019年1月3日"

    def test_every_national_clause_of_the_text_library_stands_in_an_edition(self) -> None:
        known = {clause.id for one in edition.load().editions for clause in one.clauses}
        wording = house_wording()
        named = {c for theme in wording.problems for s in theme.sentences for c in s.clauses}
        named |= {c for s in wording.clean for c in s.clauses}
        assert {c for c in named - known if c.startswith(("E15.", "E19."))} == set()

    def test_an_issuers_phrase_that_the_library_does_not_know_is_refused_by_name(self) -> None:
        with pytest.raises(KeyError, match="closng"):
            house_wording().with_phrases({"closng": "x"})

    def test_local_editions_are_no_document_to_cite(self) -> None:
        cited = {b.edition: b.title for b in cite(edition.load().in_force(E15_DAY.date()))}
        assert cited["E15"] == "全国政府网站普查评分表"
        assert cited["LA"] == ""

    def test_no_number_stands_in_the_text_library(self) -> None:
        """A limit of the law belongs in its edition; a number of a quarter belongs in its facts."""
        wording = house_wording()
        texts = [s.text for theme in wording.problems for s in theme.sentences] + [r.text for r in wording.requirements]
        numbered = [t for t in texts if any(c.isdigit() for c in t.replace("国办函〔2018〕55号", ""))]
        assert numbered == []
