"""Owns code systems and value sets (ICD-10, ICD-9-CM-3, LOINC, the GB and WS/T tables), their versions, and the groups
diseases are counted in. Does not own what is coded with them, or mappings of outside formats (interop).
Governed by WS 363/364, GB/T 2261, GB 3304, GB/T 4761, the insurance information codes (医保发〔2019〕39/55号)."""
