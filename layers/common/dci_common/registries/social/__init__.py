"""The social registry: its catalogue, code lists, disclosure sets, record types, and how records are rendered."""
