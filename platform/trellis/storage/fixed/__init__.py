"""The parts of the fixed tables, by what they are about."""
