"""Owns: who a person is. The master index: names, numbers, households, matching, merging, the barcode.
Does not own: what happened to the person (health_record) or who may read it (its relation check).
Governed by: GB 11643-1999, GB/T 2261.1, WS 364 CV02.01.101; 居民身份证法 art. 3; Wuhua plan no. 14 (个人条码).
"""
