"""The API on this machine: `dci serve`, its engines and its demo data."""
