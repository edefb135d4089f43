output "url" {
  value = "https://${var.hostname}"
}

output "version_id" {
  description = "To go back to: `npx wrangler versions deploy <it>@100%`."
  value       = cloudflare_worker_version.this.id
}
