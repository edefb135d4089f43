# The backend: certificate, service and public name, for the first region and, if one is named, a second. A third is
# another provider and another pair of modules like the second's.

locals {
  # All writes go to the one Qdrant, so any origin serves any call.
  origins = merge(
    { first = { hostname = "${local.label}-backend.${local.domain}", region = var.continent } },
    local.has_second ? { second = { hostname = "${local.label}-backend-2.${local.domain}", region = var.second_continent } } : {},
  )
  has_second = var.second_region != null

  label  = split(".", var.hostname)[0]
  domain = trimprefix(var.hostname, "${local.label}.")
}

# Who may reach the load balancers. Asked for at each plan: an apply a month keeps the list true.
data "cloudflare_ip_ranges" "this" {}

module "certificate" {
  source = "../../modules/certificate"

  hostname = local.origins.first.hostname
  zone_id  = var.cloudflare_zone_id
}

module "backend" {
  source = "../../modules/gpu-backend"

  name                  = var.name
  image_tag             = var.release
  certificate_arn       = module.certificate.arn
  availability_zones    = var.availability_zones
  cloudflare_ipv4_cidrs = data.cloudflare_ip_ranges.this.ipv4_cidrs
  backend_secret        = var.backend_secret
  qdrant_url            = module.vectors.url
  qdrant_port           = module.vectors.port
  qdrant_api_key        = module.vectors.api_key
  secrets_version       = var.secrets_version
  settings              = var.backend_settings
  min_replicas          = var.min_replicas
  max_replicas          = var.max_replicas
  schedule              = var.schedule
  alarm_actions         = var.alarm_actions

  network                     = var.network
  instance_types              = var.machines.instance_types
  task_cpu                    = var.machines.task_cpu
  task_memory_mib             = var.machines.task_memory_mib
  on_demand_base              = var.machines.on_demand_base
  spot_percentage             = var.machines.spot_percentage
  requests_per_replica_minute = var.machines.requests_per_replica_minute
  idle_minutes                = var.machines.idle_minutes
  nat_gateway_per_zone        = var.machines.nat_gateway_per_zone
  log_retention_days          = var.machines.log_retention_days
  queue_depth                 = var.machines.queue_depth
}

module "certificate_second" {
  source    = "../../modules/certificate"
  count     = local.has_second ? 1 : 0
  providers = { aws = aws.second }

  hostname = local.origins.second.hostname
  zone_id  = var.cloudflare_zone_id
}

module "backend_second" {
  source    = "../../modules/gpu-backend"
  count     = local.has_second ? 1 : 0
  providers = { aws = aws.second }

  name                  = var.name
  image_tag             = var.release
  certificate_arn       = module.certificate_second[0].arn
  availability_zones    = var.second_availability_zones
  cloudflare_ipv4_cidrs = data.cloudflare_ip_ranges.this.ipv4_cidrs
  backend_secret        = var.backend_secret
  qdrant_url            = module.vectors.url
  qdrant_port           = module.vectors.port
  qdrant_api_key        = module.vectors.api_key
  secrets_version       = var.secrets_version
  settings              = var.backend_settings
  min_replicas          = var.min_replicas
  max_replicas          = var.max_replicas
  schedule              = var.schedule
  alarm_actions         = var.second_alarm_actions

  network                     = var.second_network
  instance_types              = var.machines.instance_types
  task_cpu                    = var.machines.task_cpu
  task_memory_mib             = var.machines.task_memory_mib
  on_demand_base              = var.machines.on_demand_base
  spot_percentage             = var.machines.spot_percentage
  requests_per_replica_minute = var.machines.requests_per_replica_minute
  idle_minutes                = var.machines.idle_minutes
  nat_gateway_per_zone        = var.machines.nat_gateway_per_zone
  log_retention_days          = var.machines.log_retention_days
  queue_depth                 = var.machines.queue_depth
}

resource "cloudflare_dns_record" "backend" {
  for_each = merge(
    { first = module.backend.dns_name },
    local.has_second ? { second = module.backend_second[0].dns_name } : {},
  )

  zone_id = var.cloudflare_zone_id
  name    = local.origins[each.key].hostname
  type    = "CNAME"
  content = each.value
  # Through Cloudflare, so that calls come from its published ranges, which alone the load balancer lets in.
  proxied = true
  ttl     = 1
}
