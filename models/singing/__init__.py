"""A robot that sings words on a melody, for hearing them before a person sings: ADR 8."""
