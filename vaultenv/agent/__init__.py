"""The agent: writes files from templates, each in one step, and renews them by the schedule of `renewal`."""
