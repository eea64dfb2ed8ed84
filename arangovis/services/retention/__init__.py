"""What goes after some time: rules that select runs, what is removed of them, and bytes that nothing refers to."""
