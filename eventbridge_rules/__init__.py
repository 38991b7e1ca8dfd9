"""What wakes what, as data: rules and schedules, with the events they must and must not match."""
