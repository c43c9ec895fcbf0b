"""The words that a stack file has at its top."""

NAMESPACE = "fargate"
FILE_KEYS = ("config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt")
"""What a stack file has at its top (Pulumi docs, "Stack settings file reference")."""
NAMESPACES = (NAMESPACE, "aws", "docker", "pulumi")
"""What a stack file may configure: this program, the two providers, and the engine."""
