"""Owns: who belongs where and since when: the dated tree from city to department, names and codes, alliances,
joining and leaving, charters and powers-and-duties lists. Does not own: people (workforce), what they do.
Governed by: Kunshan 二（一）3, 二（二）1; Xuchang 二（一）–（二）; Lincang 三（一）–（二）; GB 32100."""
