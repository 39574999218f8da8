"""The kernel: the mechanisms every domain combines (case, fact, measure, policy, access, audit). Knows no domain."""
