"""The agent: files from templates, written whole, and renewed by the schedule of `renewal` until the agent ends."""
