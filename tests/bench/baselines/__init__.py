"""What Trimtab is compared with: the plain way to do the same work."""
