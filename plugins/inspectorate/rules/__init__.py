"""What the clauses of the editions mean, as functions of evidence."""

from inspectorate.edition import BadEdition, Clause
from inspectorate.rules import (
    accounts,
    availability,
    dates,
    deductions,
    domains,
    foot,
    freshness,
    interaction,
    links,
    portals,
    publishing,
    services,
    signs,
)
from inspectorate.rules.registry import RULES, Context, Rule, not_examined, rule

__all__ = ["RULES", "Context", "Rule", "not_examined", "rule", "rule_of"]

CHAPTERS = (
    availability,
    freshness,
    interaction,
    dates,
    deductions,
    accounts,
    domains,
    links,
    services,
    signs,
    foot,
    publishing,
    portals,
)


def rule_of(clause: Clause) -> Rule | None:
    """The function that counts a clause, or only proposes; None: a person examines it."""
    name = clause.rule or clause.proposal
    if not name:
        return None
    if name not in RULES:
        raise BadEdition(f"{clause.place}: 没有名为 {name!r} 的规则")
    return RULES[name]
