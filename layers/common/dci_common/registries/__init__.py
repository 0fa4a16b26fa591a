"""One room per registry type: catalogue rows, record types, renderers and dialects."""
