"""What every page hangs in and rests on: the frame, the address, components, stored runs, slow answers."""
