"""Documents: JSON, base64, quantities, and the JSON Patch between two objects. Pure."""
