"""Commands that only read: show, stats, explain and verify."""
