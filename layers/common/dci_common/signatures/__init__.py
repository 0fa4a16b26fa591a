"""Signed messages: the signatures of the standard's envelope, in the dialects of partners' servers."""
