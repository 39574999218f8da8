"""Owns the residents' own pages: the sign-in by a code sent to the phone on record, and what a person sees of himself
and of those he acts for. Does not own any record, appointment, referral or enquiry: the domains do.
Governed by: PIPL art. 15, 28–31, 44–45; GB/T 22239-2019 8.1.4; GB/T 39725-2020.
"""
