"""Admission: one AdmissionReview decided, from its object to the JSON Patch."""
