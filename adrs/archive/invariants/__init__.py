"""What must hold in every archive. Each function yields what breaks it, in words; nothing where it holds."""
