"""Spans, their laws, and the forms in which people and files hold them."""
