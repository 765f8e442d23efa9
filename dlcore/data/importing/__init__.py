"""Data sets as people have them: archives, folders, tables and pictures, read with every repair in sight."""
