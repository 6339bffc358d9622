"""What a campaign would do, before it does: dry run, preview, test messages, scarce goods."""
