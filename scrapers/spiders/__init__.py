"""Errands: a spider fetches and knows no selectors."""
