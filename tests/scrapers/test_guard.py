"""Nobody leads the inspector into our own network."""

import pytest

from scrapers.guard import Guard, host_of

GUARD = Guard(["http://oa.intranet.gov.cn/", "http://10.1.2.3/"])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://017700000001/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://100.64.0.1/",
        "http://192.168.1.1/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://printer.local/",
        "file:///etc/passwd",
        "gopher://a.gov.cn/",
        "http:///nothing",
        "http://a.gov.cn:99999/",
    ],
)
def test_an_address_of_our_own_network_is_refused(url: str) -> None:
    assert GUARD.refuses_url(url)


@pytest.mark.parametrize("url", ["http://www.luan.gov.cn/", "https://六安市人民政府.政务/", "http://8.8.8.8/"])
def test_the_open_internet_is_not(url: str) -> None:
    assert GUARD.refuses_url(url) == ""


def test_what_the_register_lists_is_allowed_wherever_it_stands() -> None:
    assert GUARD.refuses_url("http://10.1.2.3/xxgk") == ""
    assert GUARD.refuses_address("oa.intranet.gov.cn", "10.0.0.9") == ""


def test_a_name_that_resolves_into_our_own_network_is_refused() -> None:
    assert GUARD.refuses_address("evil.example.com", "127.0.0.1")
    assert GUARD.refuses_address("evil.example.com", "8.8.8.8") == ""


def test_a_chinese_host_is_known_by_its_ascii_form() -> None:
    assert host_of("http://六安.政务/") == "xn--65q59v.xn--zfr164b"
