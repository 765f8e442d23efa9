"""The pictures that stand in a lesson's step: those of the pages, in the state of the step's link"""
