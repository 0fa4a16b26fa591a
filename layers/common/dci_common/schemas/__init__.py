"""Wire models of the SPDCI standard, and the two dialects its records are rendered in."""
