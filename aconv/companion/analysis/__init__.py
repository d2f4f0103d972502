"""What records of runs say, as data frames."""
