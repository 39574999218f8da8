"""Intake: any inbound batch becomes a receipt with an outcome per row.

Owns: batches keyed by source and content, the loop with its checkpoint, refused rows, the register of extracts
and formats. Does not own: what a file looks like (interop) or what a row means (the domain that registers the
extract). Promises: the same file twice changes nothing; a kill leaves a batch that resumes where it stood, no
row stored twice; a file that cannot be read is refused whole with nothing stored; a row that cannot be stored
is kept, explained and can be sent again.
"""
