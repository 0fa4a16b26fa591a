"""Plans, made without reading anything: what a search looks up, and which access path covers its tree."""
