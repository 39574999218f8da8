"""Owns: this installation's keys, encryption of single values, blind indexes, masks, short-lived tokens.
Does not own: who may see what (kernel.access) or what was seen (kernel.audit).
Governed by: GB/T 22239-2019 8.1.4 (25–28), 商用密码管理条例 2023 art. 41, GB/T 39786-2021, PIPL art. 51.
"""
