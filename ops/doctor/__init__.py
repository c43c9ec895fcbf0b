"""`ops doctor`: what is missing before the first `up` on AWS, each with what mends it."""
