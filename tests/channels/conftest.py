"""Lends the small office to the tests of this folder."""

from tests.signing.office import office

__all__ = ["office"]
