"""The figures of a plan, each made from a table that can be read without it."""
