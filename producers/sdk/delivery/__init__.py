"""From the intake to the stream: threads, what is on its way, and the spool as its source."""
