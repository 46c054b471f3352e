"""What the suite is compared with: the same work by programs that do nothing else."""
