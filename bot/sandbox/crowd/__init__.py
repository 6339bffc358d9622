"""The people of the sandbox: who they are, what they do, and what they make of what they get."""
