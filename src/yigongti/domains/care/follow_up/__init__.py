"""Owns: follow-ups: whom an institution has to look after again, by when, and what was found when it did.
Does not own: referrals and their care plans (referrals), the record of what was measured (health_record).
Governed by: 国家基本公共卫生服务规范（第三版）；五政通〔2020〕4号 六（五）11；许政办〔2020〕19号 三（八）.
"""
