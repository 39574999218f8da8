"""Owns: the desk of the health-management centre: one list of what waits, handed from one to another, and its figures.
Does not own: the work itself (referrals, follow-ups, appointments, enquiries).
Governed by: 五政通〔2020〕4号 六（五）11–12.
"""
