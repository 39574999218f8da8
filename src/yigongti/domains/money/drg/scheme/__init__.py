"""A grouping scheme: a folder of tables, read, checked whole, held ready for grouping."""
