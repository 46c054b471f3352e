"""Letters about one's account: links that work once, what is written, and the job that sends it."""
