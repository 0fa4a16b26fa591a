"""The audit index function: indexes audit items by the records that they name."""
