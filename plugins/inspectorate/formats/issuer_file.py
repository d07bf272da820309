"""issuer.yaml: the office that inspects and signs, its people, its deadlines and its teams, with strict keys."""

from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import yaml

from inspectorate import identifiers
from inspectorate.formats.table_files import normal
from inspectorate.register import Complaint, Issuer, Person

LARGEST = 1024 * 1024
_TITLES = {
    "name": ("名称", "发文机关", "发文机关名称"),
    "short_name": ("简称", "发文机关简称"),
    "region": ("region_label", "地区标识", "地区", "域名标识"),
    "addressees": ("addressee", "主送", "主送机关"),
    "copies": ("copy", "cc", "抄送", "抄送机关"),
    "number_prefix": ("发文字号前缀", "机关代字"),
    "decimals": ("小数位", "小数位数"),
    "rounding": ("舍入", "舍入方式"),
    "inspection_day": ("巡查日", "监测日"),
    "inspection_hour": ("巡查时", "监测时"),
    "rectify_days": ("整改天数", "整改期限"),
    "explain_working_days": ("说明工作日", "说明期限"),
    "remind_working_days": ("提醒工作日", "提醒期限"),
    "editions": ("地方版本", "版本"),
    "near_misses": ("接近单项否决提示", "接近单否提示", "接近单项否决", "接近单否"),
    "basic_near": ("接近单项否决记为基本合格", "接近单否记为基本合格"),
    "basic_below": ("基本合格分数线", "基本合格线"),
    "without_services": ("不对外服务单位", "无对外服务单位"),
    "people": ("persons", "人员"),
    "teams": ("inspection_teams", "巡查组", "检查组"),
    "controls": ("control_targets", "对照网站", "对照网址"),
    "deadlines": ("期限", "时限"),
}
_KEYS = {normal(title): key for key, titles in _TITLES.items() for title in (key, *titles)}
_DEADLINE_TITLES = {
    "rectify_days": ("rectify", "rectification", "rectification_days", "整改", "整改天数", "整改期限"),
    "explain_working_days": ("explain", "explanation", "explain_days", "说明", "说明工作日", "说明期限"),
    "remind_working_days": ("remind", "reminder", "remind_days", "提醒", "提醒工作日", "提醒期限"),
}
_DEADLINES = {normal(title): key for key, titles in _DEADLINE_TITLES.items() for title in (key, *titles)}
_FLAGS = {"yes": True, "true": True, "是": True, "no": False, "false": False, "否": False}
_ROUNDINGS = {"halfup": "half_up", "四舍五入": "half_up"}


class _Wrong(Exception):
    """A node that says what it must not."""

    def __init__(self, node: yaml.Node, fact: str) -> None:
        self.line = node.start_mark.line + 1
        super().__init__(fact)


def read_issuer(file: Path) -> tuple[Issuer, list[Complaint]]:
    """The issuer that a file names; every wrong key is told with its line, as `issuer.yaml:3: fact`."""
    try:
        text = file.read_bytes()[:LARGEST].decode("utf-8-sig")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as wrong:
        return Issuer(), [Complaint(file.name, f"应为 UTF-8 编码（第{wrong.start}字节处有误）")]
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        return Issuer(), [Complaint(f"{file.name}:{line}", f"YAML 格式有误: {wrong.problem or wrong.context}")]
    except yaml.YAMLError as wrong:
        return Issuer(), [Complaint(file.name, f"YAML 格式有误: {str(wrong).splitlines()[0]}")]
    if root is None:
        return Issuer(), []
    if not isinstance(root, yaml.MappingNode):
        return Issuer(), [Complaint(f"{file.name}:{root.start_mark.line + 1}", "应为“键: 值”的形式")]
    complaints: list[Complaint] = []
    settings: dict[str, Any] = {}
    for key, node in root.value:
        try:
            name = _known(key, _KEYS)
            found = _deadlines(node) if name == "deadlines" else {name: _READERS[name](node)}
            if twice := settings.keys() & found.keys():
                raise _Wrong(key, f"键 {'、'.join(sorted(twice))} 重复")
            settings |= found
        except _Wrong as wrong:
            complaints.append(Complaint(f"{file.name}:{wrong.line}", str(wrong)))
    return Issuer(**settings), complaints


def issuer_text(issuer: Issuer) -> str:
    """The YAML that reads back as this issuer."""
    settings: dict[str, Any] = {
        name: value for name, value in asdict(issuer).items() if value != getattr(Issuer(), name)
    }
    if "people" in settings:
        settings["people"] = {person.sign_in: person.name for person in issuer.people}
    if "teams" in settings:
        settings["teams"] = {team: list(codes) for team, codes in issuer.teams.items()}
    for name in ("editions", "without_services", "controls"):
        if name in settings:
            settings[name] = list(settings[name])
    return yaml.safe_dump(settings, allow_unicode=True, sort_keys=False, width=1000)


def _known(node: yaml.Node, keys: dict[str, str]) -> str:
    text = _text(node)
    name = keys.get(normal(text))
    if name is None:
        raise _Wrong(node, f"未知的键 {text!r}（可用 {'、'.join(dict.fromkeys(keys.values()))}）")
    return name


def _text(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _Wrong(node, "此处应为一行文字")
    return "" if node.tag.endswith(":null") and node.style is None else str(node.value).strip()


def _sentence(node: yaml.Node) -> str:
    """Text, or a list of names that are joined as papers join them."""
    return "，".join(_texts(node)) if isinstance(node, yaml.SequenceNode) else _text(node)


def _texts(node: yaml.Node) -> tuple[str, ...]:
    if not isinstance(node, yaml.SequenceNode):
        raise _Wrong(node, "此处应为列表")
    return tuple(_text(item) for item in node.value)


def _number(least: int, most: int) -> Callable[[yaml.Node], int]:
    def read(node: yaml.Node) -> int:
        text = _text(node)
        if not (text.isascii() and text.isdigit() and least <= int(text[:6]) <= most):
            raise _Wrong(node, f"应为 {least} 至 {most} 的整数: {text!r}")
        return int(text)

    return read


def _marks(node: yaml.Node) -> float:
    text = _text(node)
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found <= 100:
        raise _Wrong(node, f"应为 100 以内的分数: {text!r}")
    return found


def _flag(node: yaml.Node) -> bool:
    text = normal(_text(node))
    if text not in _FLAGS:
        raise _Wrong(node, f"应为 yes(是) 或 no(否): {text!r}")
    return _FLAGS[text]


def _rounding(node: yaml.Node) -> str:
    text = _text(node)
    if normal(text) not in _ROUNDINGS:
        raise _Wrong(node, f"舍入方式应为 half_up(四舍五入): {text!r}")
    return _ROUNDINGS[normal(text)]


def _region(node: yaml.Node) -> str:
    text = _text(node)
    try:
        label = identifiers.ascii_host(text) if text else ""
    except ValueError:
        label = "."
    if "." in label:
        raise _Wrong(node, f"地区标识应为域名中的一段，如 luan: {text!r}")
    return text


def _people(node: yaml.Node) -> tuple[Person, ...]:
    """`zhangsan: 张三` in a mapping, or a list of such pairs, or of `{sign_in: …, name: …}`."""
    if isinstance(node, yaml.SequenceNode):
        return tuple(person for item in node.value for person in _listed_person(item))
    if not isinstance(node, yaml.MappingNode):
        raise _Wrong(node, "人员应写作“登录名: 姓名”")
    found: dict[str, Person] = {}
    for key, value in node.value:
        person = Person(_text(key), _text(value))
        if not person.sign_in or not person.name:
            raise _Wrong(key, "人员应写作“登录名: 姓名”")
        if person.sign_in in found:
            raise _Wrong(key, f"登录名 {person.sign_in!r} 重复")
        found[person.sign_in] = person
    return tuple(found.values())


def _listed_person(node: yaml.Node) -> tuple[Person, ...]:
    if not isinstance(node, yaml.MappingNode):
        raise _Wrong(node, "人员应写作“登录名: 姓名”")
    given = {normal(_text(key)): value for key, value in node.value}
    if set(given) == {"signin", "name"}:
        return (Person(_text(given["signin"]), _text(given["name"])),)
    return _people(node)


def _teams(node: yaml.Node) -> dict[str, tuple[str, ...]]:
    """`第一组: [3415000048, …]` in a mapping, or a list of `{name: …, sites: […]}`."""
    if isinstance(node, yaml.SequenceNode):
        teams: dict[str, tuple[str, ...]] = {}
        for item in node.value:
            given = (
                {normal(_text(key)): value for key, value in item.value} if isinstance(item, yaml.MappingNode) else {}
            )
            if set(given) != {"name", "sites"}:
                raise _Wrong(item, "巡查组应写作“组名: [网站标识码, …]”")
            teams[_text(given["name"])] = _codes(given["sites"])
        return teams
    if not isinstance(node, yaml.MappingNode):
        raise _Wrong(node, "巡查组应写作“组名: [网站标识码, …]”")
    return {_text(key): _codes(value) for key, value in node.value}


def _codes(node: yaml.Node) -> tuple[str, ...]:
    codes = []
    for item in node.value if isinstance(node, yaml.SequenceNode) else [node]:
        try:
            codes.append(identifiers.site_code(_text(item)))
        except ValueError as wrong:
            raise _Wrong(item, str(wrong)) from None
    return tuple(codes)


def _controls(node: yaml.Node) -> tuple[str, ...]:
    """Addresses of others' well-known pages; a small file such as robots.txt will do."""
    found = []
    for item in node.value if isinstance(node, yaml.SequenceNode) else [node]:
        try:
            found.append(identifiers.web_address(_text(item)))
        except ValueError as wrong:
            raise _Wrong(item, str(wrong)) from None
    return tuple(dict.fromkeys(found))


def _deadlines(node: yaml.Node) -> dict[str, int]:
    if not isinstance(node, yaml.MappingNode):
        raise _Wrong(node, "期限应写作“rectify_days: 30”等键值")
    return {name: _READERS[name](value) for key, value in node.value for name in [_known(key, _DEADLINES)]}


_READERS: dict[str, Callable[[yaml.Node], Any]] = {
    "name": _text,
    "short_name": _text,
    "region": _region,
    "addressees": _sentence,
    "copies": _sentence,
    "number_prefix": _text,
    "decimals": _number(0, 4),
    "rounding": _rounding,
    "inspection_day": _number(1, 31),
    "inspection_hour": _number(0, 23),
    "rectify_days": _number(1, 366),
    "explain_working_days": _number(0, 60),
    "remind_working_days": _number(0, 60),
    "editions": _texts,
    "near_misses": _flag,
    "basic_near": _flag,
    "basic_below": _marks,
    "without_services": _texts,
    "people": _people,
    "teams": _teams,
    "controls": _controls,
}
assert set(_READERS) == {field.name for field in fields(Issuer)}  # noqa: S101 - a new setting needs a reader
