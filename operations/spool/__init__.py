"""`clickstream spool`: what producers left on this machine, checked, and delivered when they are dead."""
