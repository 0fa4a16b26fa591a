"""Commands that change single records or their index entries."""
