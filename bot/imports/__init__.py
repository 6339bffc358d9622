"""Tables from elsewhere: read, mapped, cleaned by policy, landed as events; and back out."""
