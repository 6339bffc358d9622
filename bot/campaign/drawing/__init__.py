"""Who of an audience gets which: held out, variant, arm, offer, hour."""
