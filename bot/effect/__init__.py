"""What marketing came to: funnels, attribution, sources, collisions, post-mortems, digests."""
