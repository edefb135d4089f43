output "url" {
  description = "Of the API."
  value       = module.edge.url
}

output "repository_urls" {
  description = "Where the release's image is pushed to, before the service can start."
  value       = concat([module.backend.repository_url], module.backend_second[*].repository_url)
}

output "clusters" {
  description = "For `aws ecs describe-services --cluster <it> --services <it>`."
  value       = concat([module.backend.cluster_name], module.backend_second[*].cluster_name)
}

output "log_groups" {
  value = concat([module.backend.log_group_name], module.backend_second[*].log_group_name)
}

output "outbound_ips" {
  description = "From which the backends call Qdrant and fetch pictures."
  value       = concat(module.backend.outbound_ips, flatten(module.backend_second[*].outbound_ips))
}

output "worker_version" {
  value = module.edge.version_id
}
