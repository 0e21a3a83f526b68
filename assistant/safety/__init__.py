"""What must not come in or go out: personal data, secrets, orders to a machine."""
