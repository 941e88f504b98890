"""The agent: files from templates, written whole, kept fresh by the schedule of `renewal`, until it is told to end."""
