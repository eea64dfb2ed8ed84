"""Questions of whoever answers for the data: who did what, what may go, whether the bytes are sound, what ran."""
