"""The API server's side: lists and watches that fill a store, and the few writes that are made."""
