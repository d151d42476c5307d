"""What a plan costs before it is run: memory, time, disk, from the config alone.

Memory in bytes, time in seconds, speeds per second, unless a name says otherwise. Nothing here
imports more than the config, so that a dry run can afford it, but `table` and `measured`.
"""
