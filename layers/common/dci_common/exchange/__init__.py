"""What every exchange with a partner goes through: quota, audit and cursors."""
