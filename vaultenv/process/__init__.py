"""The program: its file, its execution, or its supervision as a child process."""
