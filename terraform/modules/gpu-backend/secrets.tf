# What the backend must know and the state must not: values are write-only.

resource "aws_secretsmanager_secret" "backend" {
  name_prefix = "${var.name}-backend-secret-"
  description = "BACKEND_SECRET: signs the worker's calls"
}

resource "aws_secretsmanager_secret_version" "backend" {
  secret_id                = aws_secretsmanager_secret.backend.id
  secret_string_wo         = var.backend_secret
  secret_string_wo_version = var.secrets_version
}

resource "aws_secretsmanager_secret" "qdrant" {
  name_prefix = "${var.name}-qdrant-api-key-"
  description = "QDRANT_API_KEY: may manage collections"
}

resource "aws_secretsmanager_secret_version" "qdrant" {
  secret_id                = aws_secretsmanager_secret.qdrant.id
  secret_string_wo         = var.qdrant_api_key
  secret_string_wo_version = var.secrets_version
}
