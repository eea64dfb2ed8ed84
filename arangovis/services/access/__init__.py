"""Who is let in: tokens, sign-ins of the page, and the gate that knows both."""
