"""What transforms draw, one family a file."""
