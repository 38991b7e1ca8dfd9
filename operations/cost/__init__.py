"""`clickstream cost`: what a deployment will cost, before anything is made."""
