"""Owns: what happened to residents, as dated, coded, immutable facts with their source; who may read a record.
Does not own: who a resident is (residents), what a code means (terminology), work under way (care domains).
Governed by: 国卫办基层函〔2022〕… is cited where used; WS 365-2011, WS 445-2014, 医疗机构病历管理规定, 个人信息保护法.
"""
