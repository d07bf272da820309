"""What stood under a site's addresses, gathered for its survey form."""

from psycopg2.extensions import connection as Connection

from inspectorate.evidence import Host
from inspectorate.store import register, seen_hosts
from tests.expectations.made_city import DAY, HOUR, City

SITE = "3415000001"
MAIN = "www.s3415000001.gov.cn"


def test_the_own_host_is_told_in_one_line_a_type_and_others_one_by_one(connection: Connection) -> None:
    city = City(connection)
    at = city.at - HOUR
    rows = [
        Host(SITE, MAIN, "动态", "栏目", f"http://{MAIN}/dt/", at),
        Host(SITE, MAIN, "公告", "栏目", f"http://{MAIN}/gg/", at),
        Host(SITE, MAIN, "老系统", "业务系统", f"http://{MAIN}:8080/xt/", at),
        Host(SITE, "zt.s3415000001.gov.cn", "专题", "专题", "http://zt.s3415000001.gov.cn/", at),
        Host(SITE, "gone.gov.cn", "旧专题", "专题", "http://gone.gov.cn/", city.at - 3 * DAY),
    ]
    city.land(*rows)
    url = city.column("一中", url=f"http://{MAIN}/yz/")
    register.confirm(connection, SITE, url, "owner", "第一中学", "tester", None)
    hosts, columns = seen_hosts.read(connection, city.freeze())
    assert {(h.type, h.host, h.url) for h in hosts} == {
        ("专题", "zt.s3415000001.gov.cn", "http://zt.s3415000001.gov.cn/"),
        ("业务系统", MAIN, f"http://{MAIN}:8080/xt/"),
        ("栏目", MAIN, f"http://{MAIN}/dt/"),
    }
    assert [h.name[-3:] for h in hosts if h.type == "栏目"] == ["等2个"]
    assert [(c.url, c.owner) for c in columns] == [(url, "第一中学")]
