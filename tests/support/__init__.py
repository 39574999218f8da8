"""What tests of every domain share: people to act as, sample data, and the checks of the house's own rules."""
