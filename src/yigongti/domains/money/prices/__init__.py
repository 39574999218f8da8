"""Owns: what medical services cost from when, by tier; adjusting prices, with the effect worked out beforehand.
Does not own: what was charged (claims), what a case pays (drg).
Governed by: Xuchang 四（五）: 总量控制、结构调整、有升有降、逐步到位 (docs/books.md)."""
