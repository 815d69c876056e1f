"""TEMP."""
def filtered(image,name,spacing,settings): return image
def reach_of(name,spacing,settings): return 0.0
