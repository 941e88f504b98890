"""Admission: decides about the object of an AdmissionReview, and returns the JSON Patch."""
