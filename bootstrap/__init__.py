"""What an account needs before CI can deliver to it: state, images, identities, roles. A Pulumi project of its own."""
