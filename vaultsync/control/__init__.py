"""Control: what is due, what each custom object needs done, and the threads that do it."""
