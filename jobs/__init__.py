"""What runs by the clock. Jobs are code; APScheduler is only the clock that calls them."""
