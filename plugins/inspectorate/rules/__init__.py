"""What the clauses of the editions mean, as functions of evidence."""

from inspectorate.edition import BadEdition, Clause
from inspectorate.rules import accounts, availability, domains, freshness, interaction
from inspectorate.rules.registry import RULES, Context, Rule, not_examined, rule

__all__ = ["RULES", "Context", "Rule", "not_examined", "rule", "rule_of"]

CHAPTERS = (availability, freshness, interaction, accounts, domains)


def rule_of(clause: Clause) -> Rule | None:
    """The function that counts a clause; None: a person examines it."""
    if not clause.rule:
        return None
    if clause.rule not in RULES:
        raise BadEdition(f"{clause.place}: 没有名为 {clause.rule!r} 的规则")
    return RULES[clause.rule]
