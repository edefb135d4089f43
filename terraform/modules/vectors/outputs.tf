output "url" {
  description = "QDRANT_URL of backend and worker; port 6333 unless it names one."
  value       = local.makes_cluster ? qdrant-cloud_accounts_cluster.this[0].url : var.self_hosted_url
}

output "port" {
  description = "Of that address; known before a cluster is."
  value       = try(tonumber(regex("^https://[^/?#]*:([0-9]+)", var.self_hosted_url)[0]), 6333)
}

output "api_key" {
  description = "Of the backend: may manage collections."
  value       = local.makes_cluster ? qdrant-cloud_accounts_database_api_key_v2.this["backend"].key : var.self_hosted_api_key
  sensitive   = true
}

output "read_only_api_key" {
  description = "Of the worker."
  value       = local.makes_cluster ? qdrant-cloud_accounts_database_api_key_v2.this["edge"].key : var.self_hosted_read_only_api_key
  sensitive   = true
}
