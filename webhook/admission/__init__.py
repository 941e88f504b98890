"""Admission: an AdmissionReview decided, from its object to the JSON Patch."""
