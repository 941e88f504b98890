"""Control: the queue of objects, the work on each kind of custom object, and the threads that do it."""
