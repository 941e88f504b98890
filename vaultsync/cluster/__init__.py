"""The API server as the operator uses it: lists and watches that fill a store, and the few writes."""
