"""Owns: questions residents ask their institutions, and the answers: asked, answered, asked again, closed.
Does not own: anything that can't wait (that is 120's), complaints, the record a question is about (health_record).
Governed by: Wuhua plan 六（五）11 (health-management centre, 健康咨询); PIPL art. 28–30.
"""
