"""Groups of followers who are alike, and who is like a given group."""
