"""Logins with a cloud's identity for its machine or workload. Metadata servers are reached without a proxy."""
