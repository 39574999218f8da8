"""Owns: reading tables out of CSV and XLSX files (encodings, headers, spellings of dates and amounts, hostile files),
and writing their templates and the file of refused rows. Does not own: which tables there are or what their rows mean.
Governed by: RFC 4180; GB 18030-2022; ECMA-376 (Office Open XML).
"""
