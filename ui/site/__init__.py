"""The static edition: the lab's pictures, words and questions as files that need no server (`python -m ui.site`)."""
