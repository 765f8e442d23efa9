"""Where a class score comes from, asked in seven ways: four at a layer's maps, three at the image's pixels."""
