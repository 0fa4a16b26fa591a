"""The console in a real browser, Debian's Chromium, at the server of `dci serve`: `make browser`."""
