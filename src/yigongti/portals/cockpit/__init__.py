"""The cockpit (驾驶舱): the measures for those who answer for them, and the way from a figure down to its records."""
