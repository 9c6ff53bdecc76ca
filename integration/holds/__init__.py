"""When nothing may go out: a person's word, or a database that was not here before."""
