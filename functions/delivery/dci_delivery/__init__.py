"""Works on what was acknowledged, and delivers it."""
