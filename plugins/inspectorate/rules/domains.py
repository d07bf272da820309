"""Domain names of sites and of what hangs below them. 国办函〔2018〕55号

Passed is 是, failed is 否, unjudged is 需人工; the reason code stands first in `because`.
"""

# ruff: noqa: ARG001 -- every rule is given the same four things

import re
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from inspectorate.edition import Clause, Edition
from inspectorate.evidence import SignKind, SiteEvidence
from inspectorate.finding import Finding, Outcome, Proof
from inspectorate.register import Site
from inspectorate.rules.columns import is_discovered
from inspectorate.rules.registry import Context, find, not_examined, rule, unconfirmed
from inspectorate.rules.signs import proof_of, propose, signs_of

Code = Literal[
    "SUFFIX",
    "PORTAL_PATTERN",
    "DEPT_PATTERN",
    "OTHER_HOST",
    "DEEP_SUBDOMAIN",
    "IP",
    "PORT",
    "NOT_GOV_BODY",
    "UNRESOLVED",
]
CHINESE = (".政务", ".xn--zfr164b")
ENGLISH = ".gov.cn"
LENT: tuple[SignKind, ...] = ("bad_link", "hidden_link", "advertising")  # on a name that somebody else may be using
PORTAL = re.compile(r"www\.([a-z0-9-]+)\.gov\.cn")


def host_of(address: str) -> str:
    """The host of an address, or the host itself, in lower case and without a port."""
    return (urlsplit(address if "//" in address else f"//{address}").hostname or "").rstrip(".")


def port_of(address: str) -> int | None:
    try:
        return urlsplit(address if "//" in address else f"//{address}").port
    except ValueError:
        return None


def is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def plain(host: str) -> str:
    """www. before a host that has a name of its own is the same entrance."""
    return host.removeprefix("www.")


def is_english(host: str) -> bool:
    return host.endswith(ENGLISH)


def is_chinese(host: str) -> bool:
    return host.endswith(CHINESE)


def _say(clause: Clause, context: Context, code: Code | None, fact: str, outcome: Outcome, url: str = "") -> Finding:
    word = {Outcome.PASSED: "是", Outcome.FAILED: "否", Outcome.UNJUDGED: "需人工"}[outcome]
    because = f"{word}：{fact}" if code is None else f"{code} {word}：{fact}"
    proof = [Proof(url, None, None, f"{code} {fact}")] if outcome is Outcome.FAILED and url else []
    return find(clause, context, outcome, because, proof=proof)


@rule
def domain_suffix(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """DN-01: the site's own hosts end in .gov.cn or .政务."""
    site = context.site
    hosts = dict.fromkeys([host_of(site.home_url), *map(host_of, site.domains)])
    bad = sorted(h for h in hosts if not (is_english(h) or is_chinese(h)))
    if not bad:
        return _say(clause, context, None, "域名后缀符合规定", Outcome.PASSED)
    code: Code = "IP" if all(map(is_ip, bad)) else "SUFFIX"
    return _say(clause, context, code, "、".join(bad), Outcome.FAILED, site.home_url)


@rule
def portal_domain(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding | None:
    """DN-02: a government's portal is www.□□□.gov.cn; the city's own bears the region's label."""
    site, level = context.site, context.unit.level
    if site.kind != "portal" or level not in clause.levels + clause.assumed_levels:
        return None
    host, region = host_of(site.home_url), context.issuer.region
    found = PORTAL.fullmatch(host)
    named = found is not None and (level != "city" or not region or found[1] == region)
    if named or is_chinese(host):
        return _say(clause, context, None, f"门户网站域名{host}", Outcome.PASSED)
    fact = f"门户网站域名{host}"
    if level in clause.assumed_levels:
        return unconfirmed(_say(clause, context, "PORTAL_PATTERN", fact, Outcome.UNJUDGED))
    return _say(clause, context, "PORTAL_PATTERN", fact, Outcome.FAILED, site.home_url)


@rule
def department_domain(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding | None:
    """DN-03: a department's site is ○○○.□□□.gov.cn, one level under its government's portal.

    A unit that may belong to a ministry (vertical not said) and sits under another .gov.cn needs a person.
    """
    site, unit = context.site, context.unit
    if site.kind != "department" or unit.vertical or unit.level not in clause.levels + clause.assumed_levels:
        return None
    host, region = host_of(site.home_url), context.issuer.region
    fact = f"部门网站域名{host}"
    if is_chinese(host):
        return _say(clause, context, None, fact, Outcome.PASSED)
    if not region:
        return _say(clause, context, "UNRESOLVED", f"{fact}，未登记本级域名字段", Outcome.UNJUDGED)
    if re.fullmatch(rf"[a-z0-9-]+\.{re.escape(region)}\.gov\.cn", host):
        return _say(clause, context, None, fact, Outcome.PASSED)
    elsewhere = is_english(host) and not host.endswith(f".{region}.gov.cn")
    if unit.level in clause.assumed_levels or (elsewhere and unit.vertical is None):
        return _say(clause, context, "DEPT_PATTERN", fact, Outcome.UNJUDGED)
    return _say(clause, context, "DEPT_PATTERN", fact, Outcome.FAILED, site.home_url)


@rule
def vertical_domain(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding | None:
    """DN-04: the site of a vertically managed unit sits under its ministry's domain, not under the city's."""
    if not context.unit.vertical:
        return None
    host, region = host_of(context.site.home_url), context.issuer.region
    fact = f"垂直管理单位网站域名{host}"
    if not region:
        return _say(clause, context, "UNRESOLVED", f"{fact}，未登记本级域名字段", Outcome.UNJUDGED)
    if is_chinese(host) or (is_english(host) and not host.endswith(f".{region}.gov.cn")):
        return _say(clause, context, None, fact, Outcome.PASSED)
    return _say(clause, context, "DEPT_PATTERN", fact, Outcome.FAILED, context.site.home_url)


def compare_host(url: str, type: str, context: Context) -> tuple[Outcome, Code | None]:
    """Whether an item's host is its site's own: the same host, by path.

    A deeper or a sibling name under the own domain is another host. What lies under another body's .gov.cn may be
    built by a higher level (上级建设), and needs a person; another registered site's host is no item of this one, and
    neither is another body's home page.
    """
    host = host_of(url)
    site = context.site
    main = host_of(site.home_url)
    if not host or host == main or plain(host) == plain(main) or (is_chinese(host) and host in _hosts(site.domains)):
        return Outcome.PASSED, None
    if site.disclosure_url and host == host_of(site.disclosure_url):
        return Outcome.PASSED, None
    if host in context.registered:
        return Outcome.PASSED, None
    if is_ip(host):
        return Outcome.FAILED, "IP"
    own = plain(main)
    above = own.partition(".")[2]
    if host.endswith(f".{own}") or (above not in ("", "gov.cn", "政务") and host.endswith(f".{above}")):
        return Outcome.FAILED, "DEEP_SUBDOMAIN"
    official = is_english(host) or is_chinese(host)
    if official and type != "业务系统" and urlsplit(url).path in ("", "/") and host not in _hosts(site.domains):
        return Outcome.PASSED, None
    if official or host in _hosts(site.domains) or type == "业务系统":
        return Outcome.UNJUDGED, "OTHER_HOST"
    return Outcome.FAILED, "OTHER_HOST"


def _hosts(addresses: Iterable[str]) -> set[str]:
    return {host_of(a) for a in addresses}


def _items(rows: Iterable[tuple[str, str, str]], clause: Clause, evidence: SiteEvidence, context: Context) -> Finding:
    """Judge items of (url, name, type) by their hosts; more may exist where discovery did not end."""
    bad, doubtful = [], []
    for url, name, type in sorted(set(rows)):
        outcome, code = compare_host(url, type, context)
        if outcome is Outcome.FAILED:
            bad.append((url, f"{code} {type}“{name}”使用{host_of(url)}", code))
        elif outcome is Outcome.UNJUDGED:
            doubtful.append((url, f"{code} {type}“{name}”使用{host_of(url)}", code))
    discovered, why = is_discovered(evidence)
    outcome = Outcome.FAILED if bad else Outcome.UNJUDGED if doubtful or not discovered else Outcome.PASSED
    word = {Outcome.PASSED: "是", Outcome.FAILED: "否", Outcome.UNJUDGED: "需人工"}[outcome]
    codes = " ".join(sorted({str(code) for _, _, code in bad or doubtful})) or ("" if discovered else "UNRESOLVED")
    because = f"{codes} {word}：{len(bad)}处不在本网站域名下，{len(doubtful)}处须人工认定".strip()
    if not discovered and not bad:
        because += f"；{why}"
    proof = [Proof(url, None, None, what) for url, what, _ in bad or doubtful]
    return find(clause, context, outcome, because, measured=len(bad), limit=1, proof=proof)


@rule
def one_host(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """DN-06: columns, channels, special topics and business systems use the site's own host, by path."""
    return _items(((h.url, h.name, h.type) for h in evidence.hosts), clause, evidence, context)


@rule
def subordinate_host(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """DN-12: what a subordinate body keeps on the site is reached by path, too."""
    kept = ((c.url, c.name, c.type) for c in evidence.columns if c.owner and c.owner != context.unit.unit_id)
    return _items(kept, clause, evidence, context)


@rule
def domain_count(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """DN-07: one English and one Chinese domain; if there are more, the main one is named and used."""
    site, limit = context.site, clause.whole("domains")
    held = sorted({plain(host_of(d)) for d in site.domains})
    if not held:
        return _say(clause, context, "UNRESOLVED", "未填报所持域名", Outcome.UNJUDGED)
    most = max(sum(map(is_english, held)), sum(map(is_chinese, held)))
    fact = f"所持域名{'、'.join(held)}"
    if most <= limit:
        return _say(clause, context, None, fact, Outcome.PASSED)
    if plain(host_of(site.home_url)) == plain(host_of(site.domains[0])):
        return _say(clause, context, "UNRESOLVED", f"{fact}，其他域名是否跳转至主域名须人工核实", Outcome.UNJUDGED)
    return _say(clause, context, "OTHER_HOST", f"{fact}，首页未使用主域名", Outcome.FAILED, site.home_url)


@rule
def domains_declared(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """DN-11: the domain in use is among those that were declared."""
    site = context.site
    host = host_of(site.home_url)
    if not site.domains:
        return _say(clause, context, "UNRESOLVED", "未填报所持域名", Outcome.UNJUDGED)
    if plain(host) in {plain(h) for h in _hosts(site.domains)}:
        return _say(clause, context, None, f"在用域名{host}已填报", Outcome.PASSED)
    return _say(clause, context, "OTHER_HOST", f"在用域名{host}未填报", Outcome.FAILED, site.home_url)


@rule
def address_plain(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """DN-13: no bare IP address; an unusual port is a note only."""
    urls = sorted({context.site.home_url, *(h.url for h in evidence.hosts)})
    bare = [u for u in urls if is_ip(host_of(u))]
    ports = [u for u in urls if u not in bare and port_of(u) not in (None, *clause.ports)]
    if not bare and not ports:
        return _say(clause, context, None, "未使用IP地址或非常用端口", Outcome.PASSED)
    code: Code = "IP" if bare else "PORT"
    proof = [Proof(u, None, None, f"{code} {host_of(u)}") for u in bare or ports]
    because = f"{code} 否：{len(bare)}处使用IP地址，{len(ports)}处使用非常用端口"
    found = find(clause, context, Outcome.FAILED, because, measured=len(bare or ports), limit=1, proof=proof)
    return found if bare else replace(found, consequence="note")


@rule
def address_named(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """WG-18: the home page is reached by a name, not by a bare address only."""
    host = host_of(context.site.home_url)
    if not host:
        return _say(clause, context, "UNRESOLVED", "未登记首页地址", Outcome.UNJUDGED)
    if not is_ip(host):
        return _say(clause, context, None, f"首页通过域名{host}访问", Outcome.PASSED)
    if any(not is_ip(h) for h in _hosts(context.site.domains)):
        return _say(clause, context, "IP", f"首页登记为{host}，另有所持域名", Outcome.UNJUDGED)
    return _say(clause, context, "IP", f"首页仅登记IP地址{host}", Outcome.FAILED, context.site.home_url)


@rule
def chinese_domain(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding | None:
    """DN-05: a Chinese domain is the sponsor's full name before .政务; any other needs a person, for short names do."""
    site = context.site
    held = sorted({h for h in (host_of(site.home_url), *_hosts(site.domains)) if is_chinese(h)})
    if not held:
        return None
    names = {context.unit.name, site.name}
    other = [h for h in held if h.removesuffix(".政务") not in names]
    fact = "、".join(held)
    if not other:
        return _say(clause, context, None, f"中文域名{fact}与单位名称一致", Outcome.PASSED)
    return _say(clause, context, "UNRESOLVED", f"中文域名{'、'.join(other)}是否为规范简称须人工认定", Outcome.UNJUDGED)


@rule
def institution_domain(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """DN-08: a 事业单位 without administrative functions does not use .gov.cn in principle: 原则上 needs a person."""
    unit = context.unit
    english = sorted(h for h in {host_of(context.site.home_url), *_hosts(context.site.domains)} if is_english(h))
    if unit.institution is False or unit.administrative is True or not english:
        fact = "未使用.gov.cn域名" if not english else "行政机关或承担行政职能的事业单位"
        return _say(clause, context, None, fact, Outcome.PASSED)
    if unit.institution is None or unit.administrative is None:
        return _say(clause, context, "UNRESOLVED", "单位性质未填报", Outcome.UNJUDGED)
    fact = f"不承担行政职能的事业单位使用{'、'.join(english)}"
    return _say(clause, context, "NOT_GOV_BODY", fact, Outcome.UNJUDGED)


@rule
def sites_of_unit(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """WG-01: a unit runs one site at most; a body below a department runs none in principle, which needs a person."""
    if context.siblings is None:
        return find(clause, context, Outcome.UNJUDGED, "未核对同一单位的其他网站", limit=clause.count)
    sites = [context.site, *(s for s in context.siblings if isinstance(s, Site))]
    said = f"{context.unit.name}正常运行的网站{len(sites)}个"
    if len(sites) >= clause.count:
        rows = sorted(sites, key=lambda s: s.site_code)
        proof = [Proof(s.home_url, None, None, f"{s.site_code} {s.name}") for s in rows]
        return find(clause, context, Outcome.FAILED, said, len(sites), clause.count, proof)
    if context.unit.level not in clause.levels:
        said += "；下属单位原则上不单独开设网站，须人工认定"
        return find(clause, context, Outcome.UNJUDGED, said, len(sites), clause.count)
    return find(clause, context, Outcome.PASSED, said, len(sites), clause.count)


@rule
def domains_idle(evidence: SiteEvidence, clause: Clause, edition: Edition, context: Context) -> Finding:
    """DN-09, a proposal: held domains on which nothing was seen, and names below the own one whose pages sell.

    Whether a name lies idle or was handed to somebody else a person sees; where discovery did not end, a domain that
    was not seen says nothing.
    """
    site = context.site
    main = plain(host_of(site.home_url))
    seen = {plain(host_of(h.url)) for h in evidence.hosts} | {main, plain(host_of(site.disclosure_url))}
    idle = sorted({h for h in map(plain, _hosts(site.domains)) if h and h not in seen and not is_ip(h)})
    lent = [s for s in signs_of(evidence, LENT) if plain(host_of(s.url)).endswith(f".{main}")]
    if not is_discovered(evidence)[0]:
        idle = []
    if not idle and not lent:
        return not_examined(clause, context)
    proof = [Proof(f"http://{host}/", None, None, f"登记的域名{host}下未见本网站页面") for host in idle]
    counts = {"登记而未见使用的域名{}个": len(idle), "下级域名上的可疑链接{}处": len(lent)}
    said = "、".join(words.format(number) for words, number in counts.items() if number)
    return propose(clause, context, [*proof, *map(proof_of, lent)], said)
