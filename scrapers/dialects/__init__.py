"""Dialects: what is written on a page, read without network, clock or database."""

from scrapers.dialects.accounts import read_account
from scrapers.dialects.answers import answer
from scrapers.dialects.facts import read
from scrapers.dialects.marks import frames_of, inner_pages
from scrapers.dialects.menus import site_map
from scrapers.dialects.page import Page

__all__ = ["Page", "answer", "frames_of", "inner_pages", "read", "read_account", "site_map"]
