output "dns_name" {
  description = "Of the load balancer: the CNAME target of the name in the certificate."
  value       = aws_lb.this.dns_name
}

output "repository_url" {
  description = "Where images are pushed to."
  value       = aws_ecr_repository.backend.repository_url
}

output "cluster_name" {
  value = aws_ecs_cluster.this.name
}

output "service_name" {
  value = aws_ecs_service.backend.name
}

output "log_group_name" {
  description = "`aws logs tail <it> --follow`"
  value       = aws_cloudwatch_log_group.backend.name
}

output "outbound_ips" {
  description = "Addresses from which the replicas reach the internet, e.g. for an allow list of Qdrant. Empty with a VPC of your own."
  value       = [for eip in aws_eip.nat : eip.public_ip]
}
