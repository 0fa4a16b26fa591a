"""The canonical records, how their values are normalised, and the views built of them."""
