output "url" {
  description = "REST address: REDIS_URL of the worker."
  value       = "https://${upstash_redis_database.this.endpoint}"
}

output "token" {
  description = "REDIS_TOKEN of the worker."
  value       = upstash_redis_database.this.rest_token
  sensitive   = true
}
