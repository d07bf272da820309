"""Builds the mirror city on disk: register, ledgers, pages and truth, the same bytes for the same seed and day."""

import csv
import json
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from demo.cast import cast
from demo.explaining import explain
from demo.model import Account, City, Site, Visit
from demo.pages import SERVICE_HALL, Answer, Answers, Press, print_annex, print_disclosure, print_wall
from demo.past import remember
from demo.plan import plan
from demo.posting import feed_text, weibo_pages, write_posts
from demo.truth import tell


def make_city(seed: int, at: datetime, sites: int = 12, accounts: int = 12) -> City:
    """The city in memory. `at` is the moment that an inspection of it is meant to look at, with its zone."""
    city = cast(seed, at, sites, accounts)
    plan(city)
    write_posts(city)
    remember(city)
    explain(city)
    return city


def build(home: Path, seed: int, at: datetime, sites: int = 12, accounts: int = 12) -> City:
    """Write the whole city under `home`, in place of what an earlier build left there."""
    city = make_city(seed, at, sites, accounts)
    for name in ("register", "www"):
        shutil.rmtree(home / name, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    write_register(home / "register", city)
    write_visits(home / "visits.csv", city.visits)
    write_visits(home / "visits-past.csv", city.past_visits)
    write_ledger(home / "posts.csv", city)
    write_json(home / "explanations.json", {e.email: {"unit": e.unit_id, "text": e.text} for e in city.explanations})
    write_json(home / "truth.json", tell(city))
    write_hosts(home, city)
    return city


def write_json(path: Path, facts: dict[str, Any]) -> None:
    """One JSON file, readable."""
    path.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_csv(path: Path, header: str, rows: Iterable[list[Any]]) -> None:
    """One CSV file with the header's names split at spaces."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split())
        writer.writerows(rows)


def write_register(folder: Path, city: City) -> None:
    """The register in the import format. columns.csv stays away: columns are to be discovered."""
    folder.mkdir(parents=True)
    header = "unit_id name level contact email phone institution administrative vertical"
    units = [[u.unit_id, u.name, u.level, u.contact, u.email, u.phone, "no", "yes", "no"] for u in city.units]
    write_csv(folder / "units.csv", header, units)
    write_csv(
        folder / "sites.csv",
        "site_code name unit_id kind home_url disclosure_url status domains valid_from valid_to successor reason",
        [site_row(s) for s in city.sites],
    )
    accounts = [[a.account_id, a.platform, a.name, a.unit.unit_id, a.address, "running", a.uid] for a in city.accounts]
    write_csv(folder / "accounts.csv", "account_id platform name unit_id address status uid", accounts)
    (folder / "issuer.yaml").write_text(issuer(city), encoding="utf-8")


def site_row(site: Site) -> list[Any]:
    """One row of sites.csv."""
    return [
        site.code, site.name, site.unit.unit_id, site.kind, site.home, site.disclosure_url, site.status, site.host,
        "", "", "", site.gone.get("reason", ""),
    ]  # fmt: skip


def issuer(city: City) -> str:
    """The issuing office, as issuer.yaml."""
    return (
        f"name: {city.name}市人民政府办公室\nshort_name: {city.name}市政府办\nregion: {city.label}\n"
        f"addressees: 各县区人民政府，开发区管委，市政府各部门、各直属机构\n"
        f"copies: 市委办公室，市人大常委会办公室，市政协办公室\nnumber_prefix: {city.name[0]}政办秘\n"
        f"decimals: 0\nrounding: half_up\ninspection_day: {city.inspection_day}\n"
        "explain_working_days: 0\n"
        "people:\n  fuhe: 张明远\n  hegao: 周知行\n  qianfa: 李思清\n"
    )


def write_visits(path: Path, visits: Iterable[Visit]) -> None:
    """The other monitor's availability visits of a week."""
    rows = [
        [v.site_code, v.at.isoformat(), "" if v.seconds is None else v.seconds, v.outcome, "市级可用性监测平台"]
        for v in sorted(visits, key=lambda v: (v.at, v.site_code))
    ]
    write_csv(path, "site_code visited_at seconds outcome source", rows)


def write_ledger(path: Path, city: City) -> None:
    """The post ledger that units filed."""
    rows = []
    for account in city.accounts:
        for post in [*account.filed, *account.past]:
            kind = "repost" if post.repost else "original"
            rows.append(
                [
                    account.account_id,
                    post.at.isoformat(),
                    post.title,
                    post.url,
                    kind,
                    "yes" if post.interpretation else "no",
                ]
            )
    write_csv(path, "account_id published_at title url kind interpretation", rows)


def print_hosts(city: City) -> dict[str, Answers]:
    """Host → its answers, for every host that answers."""
    hosts: dict[str, Answers] = {}
    portal_press: Press | None = None
    for site in city.running:
        press = Press(city, site)
        hosts[site.host] = print_wall(city, site) if site.role == "walled" else press.print_site()
        portal_press = portal_press or press
        for column in site.leaves:
            if column.trap in ("deep_host", "other_host"):
                hosts[column.host] = print_annex(site, column)
    if portal_press is not None:
        print_disclosure(city, portal_press.site, portal_press)
    head = "<html><head><meta charset='utf-8'><title>省政务服务网</title></head>"
    hall = f"{head}<body><h1>政务服务</h1><p>请选择部门办理事项</p></body></html>"
    hosts[SERVICE_HALL] = {"*": Answer(hall.encode(), "text/html; charset=utf-8")}
    hosts["m.weibo.cn"] = print_weibo(city.accounts, city)
    hosts[city.feed_host] = {}
    for account in city.accounts:
        if account.feed:
            text, content_type = feed_text(account)
            hosts[city.feed_host][account.address.removeprefix(f"http://{city.feed_host}")] = Answer(
                text.encode(), content_type
            )
    return hosts


def print_weibo(accounts: list[Account], city: City) -> Answers:
    """Weibo's answers, kept under container and page; the server finds them whatever the order of the query."""
    answers: Answers = {}
    for account in accounts:
        if account.platform == "weibo":
            for key, facts in weibo_pages(account, city.day).items():
                body = json.dumps(facts, ensure_ascii=True).encode()
                answers[f"/api/container/getIndex#{key}"] = Answer(body, "application/json; charset=utf-8")
    return answers


def write_hosts(home: Path, city: City) -> None:
    """The pages as files and hosts.json, which says what each address answers."""
    www = home / "www"
    hosts: dict[str, Any] = {}
    for host, answers in print_hosts(city).items():
        folder = www / host
        folder.mkdir(parents=True)
        site = next((s for s in city.running if s.host == host), None)
        routes = {}
        for path, answer in answers.items():
            name = quote(path.lstrip("/") or "index.html", safe="-_.")
            (folder / name).write_bytes(answer.body)
            routes[path] = {
                "file": name,
                "type": answer.content_type,
                "status": answer.status,
                "seconds": answer.seconds,
                "headers": answer.headers,
            }
        hosts[host] = {"routes": routes, "soft404": site is not None and "soft404" in site.flags}
    for site in city.sites:
        if site.status == "suspended":
            hosts[site.host] = {"dead": ["connection_refused", "connection_timeout"][city.seed % 2]}
    write_json(home / "hosts.json", hosts)
