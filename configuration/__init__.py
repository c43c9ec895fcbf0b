"""What a stack file may say: one model a subject, and the rules between them."""
