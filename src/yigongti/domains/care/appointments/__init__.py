"""Owns: clinics of departments, doctors and shared devices, their slots, and who is booked into them.
Does not own: the reason for a visit (referrals), what is found at it (health_record), who somebody is (residents).
Governed by: Kunshan 二（四）1 (号源提前开放、转诊优先); Wuhua 六（五）11–12; State Council Order 644 (days off).
"""
