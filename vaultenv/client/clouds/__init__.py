"""Logins with what a cloud says about its machine or workload. Metadata servers are asked without a proxy."""
