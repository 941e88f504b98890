"""The doctor's findings, from facts; tests/acceptance/test_doctor.py has the real servers."""
