"""The doctor's findings, from facts; tests/acceptance/test_doctor.py asks the real servers."""
