"""The program: found, executed, or run as a child that is supervised."""
