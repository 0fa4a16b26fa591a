"""Storage: the items of RegistryTable, their keys, and how they are read and checked."""
