"""The marketers' console: who may do what, signing in, and its pages.

Pure: rights, passwords, second. Use cases: people, signing. The web: gate (who asks, and may he),
shell (what stands around every page), pages/.
"""
