"""Models of measurements that are repeated in time."""
