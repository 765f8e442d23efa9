"""Who is looking, how far they are in the course, and what a room full of them needs."""
