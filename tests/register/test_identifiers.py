"""Identifiers in every form that offices, pages and spreadsheets give them."""

import pytest

from inspectorate import identifiers
from inspectorate.identifiers import WechatAddress, WeiboAddress


@pytest.mark.parametrize(
    "text, code",
    [
        ("3415000048", "3415000048"),
        (" 3415000048 ", "3415000048"),
        ("３４１５００００４８", "3415000048"),
        ("3415 0000 48", "3415000048"),
        ("\u200b3415000048\ufeff", "3415000048"),
        ("bm07000001", "bm07000001"),
        ("BM64130001", "bm64130001"),
        ("n123456789", "N123456789"),
    ],
)
def test_a_site_code_is_read_in_every_form(text: str, code: str) -> None:
    assert identifiers.site_code(text) == code


@pytest.mark.parametrize(
    "text", ["", "341500004", "34150000488", "bm0700000", "bm070000011", "X415000048", "N12345678"]
)
def test_what_is_no_site_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="网站标识码应为"):
        identifiers.site_code(text)


def test_a_site_code_of_12_digits_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="不是12位"):
        identifiers.site_code("341500004800")


def test_a_site_code_that_does_not_fit_the_level_draws_a_doubt_only() -> None:
    assert identifiers.site_code_doubt("3415000048", "department") == ""
    assert identifiers.site_code_doubt("3415000055", "committee") == ""
    assert identifiers.site_code_doubt("3415220001", "county") == ""
    assert "县区" in identifiers.site_code_doubt("3415000001", "county")
    assert "市直" in identifiers.site_code_doubt("3415220001", "department")
    assert "省级行政区划" in identifiers.site_code_doubt("9915000001", "department")
    assert "垂直管理" in identifiers.site_code_doubt("bm07000001", "department", vertical=False)
    assert identifiers.site_code_doubt("bm07000001", "department", vertical=True) == ""
    assert identifiers.site_code_doubt("N123456789", "subordinate") == ""


@pytest.mark.parametrize(
    "text, year, nth",
    [
        ("皖ICP备05002014号-1", 2005, 1),
        ("皖ICP备05002014号", 2005, None),
        ("皖icp备 05002014 号—12", 2005, 12),
        ("皖ICP备2021012345号-3", 2021, 3),
    ],
)
def test_an_icp_filing_is_read(text: str, year: int, nth: int | None) -> None:
    filing = identifiers.icp(text)
    assert (filing.province, filing.year, filing.nth) == ("皖", year, nth)


@pytest.mark.parametrize(
    "text", ["ICP备05002014号", "皖ICP备0500201号", "皖ICP备050020145号", "皖ICP证05002014号", "港ICP备05002014号"]
)
def test_what_is_no_icp_filing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ICP备案号"):
        identifiers.icp(text)


def test_a_police_filing_is_read_and_its_province_checked() -> None:
    assert identifiers.police("皖公网安备 34150202000123号").division == "341502"
    assert str(identifiers.police("皖公网安备34150202000123号")) == "皖公网安备 34150202000123号"
    with pytest.raises(ValueError, match="不符"):
        identifiers.police("皖公网安备 11010202000123号")
    with pytest.raises(ValueError, match="公安备案号应为"):
        identifiers.police("皖公网安备 3415020200012号")


def test_the_standards_own_example_of_a_credit_code_holds() -> None:
    assert identifiers.credit_code("91350100m000100y43") == "91350100M000100Y43"


def test_a_credit_code_with_a_wrong_check_digit_names_the_right_one() -> None:
    with pytest.raises(ValueError, match="校验位应为 3"):
        identifiers.credit_code("91350100M000100Y44")
    with pytest.raises(ValueError, match="18位"):
        identifiers.credit_code("91350100M000100Y4I")


def test_a_document_number_is_read() -> None:
    number = identifiers.document_number("六政办秘〔2018〕200号")
    assert (number.prefix, number.year, number.number, str(number)) == ("六政办秘", 2018, 200, "六政办秘〔2018〕200号")


@pytest.mark.parametrize(
    "text", ["六政办秘[2018]200号", "六政办秘(2018)200号", "六政办秘（2018）200号", "六政办秘【2018】200号"]
)
def test_other_brackets_in_a_document_number_are_told(text: str) -> None:
    with pytest.raises(ValueError, match="六角括号"):
        identifiers.document_number(text)


@pytest.mark.parametrize(
    "text", ["六政办秘〔2018〕第200号", "〔2018〕200号", "六政办秘〔18〕200号", "六政办秘〔2018〕0200号"]
)
def test_what_is_no_document_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="发文字号"):
        identifiers.document_number(text)


@pytest.mark.parametrize(
    "url, uid, name",
    [
        ("http://weibo.com/u/6100068350?s=6cm7D0", "6100068350", ""),
        ("http://weibo.com/m/ahljaj/?s=6cm7D0", "", "ahljaj"),
        ("http://weibo.com/m/u/5110803966?refer_flag=1001030201_&is_hot=1&wvr=6&mod=personinfo", "5110803966", ""),
        ("https://weibo.com/luanfabu", "", "luanfabu"),
        ("https://www.weibo.com/luanfabu?is_all=1#_rnd", "", "luanfabu"),
        ("https://weibo.com/5862279490", "5862279490", ""),
        ("https://weibo.com/5862279490/profile?topnav=1", "5862279490", ""),
        ("https://m.weibo.cn/u/5862279490", "5862279490", ""),
        ("https://m.weibo.cn/profile/5862279490", "5862279490", ""),
        ("https://weibo.com/p/1001065862279490/home", "5862279490", ""),
        ("https://weibo.com/n/六安发布", "", "六安发布"),
        ("https://weibo.com/n/%E5%85%AD%E5%AE%89%E5%8F%91%E5%B8%83", "", "六安发布"),
        ("weibo.com/u/6100068350", "6100068350", ""),
        ("HTTP://WEIBO.COM/u/6100068350/", "6100068350", ""),
    ],
)
def test_weibo_addresses_of_every_shape_mean_somebody(url: str, uid: str, name: str) -> None:
    assert identifiers.normalise_weibo(url) == WeiboAddress(uid=uid, name=name)


@pytest.mark.parametrize(
    "url",
    [
        "http://weibo.com/",
        "http://weibo.com/u/",
        "http://weibo.com/u/abc",
        "http://weibo.com/5862279490/HmAbCdEfG",
        "https://weibo.com/login.php",
        "https://m.weibo.cn/status/4291234567890123",
        "https://www.luan.gov.cn/u/6100068350",
        "https://weibo.com.example.cn/u/6100068350",
        "六安发布",
    ],
)
def test_what_is_no_accounts_address_on_weibo_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        identifiers.normalise_weibo(url)


@pytest.mark.parametrize(
    "text, kind, value",
    [
        ("", "none", ""),
        ("https://feeds.luan.gov.cn/jyj.xml", "feed", "https://feeds.luan.gov.cn/jyj.xml"),
        ("MzA5NTk1NTU1NQ==", "biz", "MzA5NTk1NTU1NQ=="),
        ("__biz=MzA5NTk1NTU1NQ==", "biz", "MzA5NTk1NTU1NQ=="),
        ("https://mp.weixin.qq.com/mp/profile_ext?action=home&__biz=MzA5NTk1NTU1NQ==", "biz", "MzA5NTk1NTU1NQ=="),
    ],
)
def test_wechat_addresses_are_a_feed_an_id_or_nothing(text: str, kind: str, value: str) -> None:
    assert identifiers.normalise_wechat(text) == WechatAddress(kind, value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["六安人防", "gh_0123456789ab", "https://mp.weixin.qq.com/s/AbCdEf", "bm90IGEgbnVtYmVy"]
)
def test_what_is_no_wechat_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        identifiers.normalise_wechat(text)


def test_a_damaged_branch_id_is_told() -> None:
    whole = "http://www.luan.gov.cn/opennessContent/?branch_id=5212bc2d682e09147c7c4a8d"
    assert identifiers.branch_id_doubt(whole) == ""
    assert identifiers.branch_id_doubt("http://www.luan.gov.cn/public/column/1") == ""
    assert "实为21位" in identifiers.branch_id_doubt(
        "http://www.luan.gov.cn/opennessContent/?branch_id=5212bc2e682e09147c7e4"
    )
    assert "疑有损坏" in identifiers.branch_id_doubt("http://www.luan.gov.cn/opennessContent/?branch_id=")


def test_chinese_domains_are_encoded_before_the_name_service_is_asked() -> None:
    assert identifiers.ascii_host("政务").endswith("xn--zfr164b")
    assert identifiers.ascii_host("六安市教育局.政务") == "六安市教育局".encode("idna").decode() + ".xn--zfr164b"
    assert identifiers.ascii_host("JYJ.luan.gov.cn.") == "jyj.luan.gov.cn"
    for wrong in ("", "a..b", "-a.gov.cn", "a b.gov.cn", "a" * 64 + ".gov.cn"):
        with pytest.raises(ValueError, match="域名"):
            identifiers.ascii_host(wrong)


@pytest.mark.parametrize(
    "text, address",
    [
        ("http://jyj.luan.gov.cn", "http://jyj.luan.gov.cn"),
        (" https://jyj.luan.gov.cn/ ", "https://jyj.luan.gov.cn/"),
        ("http：//jyj．luan.gov.cn/", "http://jyj.luan.gov.cn/"),
        ("http://六安市教育局.政务/", "http://六安市教育局.政务/"),
        ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
    ],
)
def test_addresses_that_can_be_fetched_are_taken_as_printed(text: str, address: str) -> None:
    assert identifiers.web_address(text) == address


@pytest.mark.parametrize(
    "text, fact",
    [
        ("jyj.luan.gov.cn", "开头"),
        ("ftp://jyj.luan.gov.cn", "开头"),
        ("javascript:alert(1)", "开头"),
        ("http://", "主机名"),
        ("http:///index.html", "主机名"),
        ("http://jyj luan.gov.cn", "空格"),
        ("http://user:secret@jyj.luan.gov.cn", "用户名"),
        ("http://jyj", "不完整"),
        ("http://jyj..gov.cn", "域名"),
        ("http://jyj.luan.gov.cn:99999/", "有误"),
        ("http://[::1/", "有误"),
    ],
)
def test_addresses_that_cannot_be_fetched_say_what_they_lack(text: str, fact: str) -> None:
    with pytest.raises(ValueError, match=fact):
        identifiers.web_address(text)


def test_a_held_domain_is_read_from_a_name_or_an_address() -> None:
    assert identifiers.domain("JYJ.luan.gov.cn") == "jyj.luan.gov.cn"
    assert identifiers.domain("http://jyj.luan.gov.cn/index.html") == "jyj.luan.gov.cn"
    assert identifiers.domain("六安市教育局.政务") == "六安市教育局.政务"
    with pytest.raises(ValueError):
        identifiers.domain("教育局")
