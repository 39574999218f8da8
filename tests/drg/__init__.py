"""The grouper against the national tables of the sample folder, which a user does not have."""
