variable "name" {
  description = "Of everything, e.g. sightline-production."
  type        = string
}

variable "release" {
  description = "The commit that is deployed: the images' tag and the worker version's name."
  type        = string
}

variable "hostname" {
  description = "Of the API. A backend's is beside it (sightline-backend.example.com), since Cloudflare's free certificate reaches one label below the zone."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+\\.[a-z]{2,}$", var.hostname))
    error_message = "hostname: a name below the zone's, such as sightline.example.com."
  }
}

variable "cloudflare_account_id" {
  type = string
}

variable "cloudflare_zone_id" {
  type = string
}

variable "region" {
  description = "AWS region of the first backend and of Qdrant."
  type        = string
}

variable "continent" {
  description = "Of that region, as the worker names it."
  type        = string
}

variable "availability_zones" {
  description = "At least two, of the VPC that is made."
  type        = list(string)
  default     = []
}

variable "second_region" {
  description = "null: one region."
  type        = string
  default     = null
}

variable "second_continent" {
  type    = string
  default = null

  validation {
    condition     = (var.second_region == null) == (var.second_continent == null)
    error_message = "second_continent: goes with second_region."
  }
}

variable "second_availability_zones" {
  type    = list(string)
  default = []
}

variable "second_alarm_actions" {
  description = "SNS topics of the second region: an alarm reaches those of its own region alone."
  type        = list(string)
  default     = []
}

variable "redis_region" {
  description = "Upstash's primary region, near most of the callers."
  type        = string
}

variable "redis_monthly_budget_usd" {
  description = "Beyond it Upstash throttles, and the worker is without Redis: unknown keys and writes get 503. docs/operations/capacity.md says what a load costs."
  type        = number
}

variable "redis_prod_pack" {
  description = "Upstash's encryption at rest, copies in several zones and uptime guarantee, for 200 USD a month. Tenants and API keys lie there."
  type        = bool
  default     = true
}

variable "pictures_location" {
  description = "Where the bucket of pictures shall lie: apac, eeur, enam, weur, wnam or oc; near region. Fixed once made."
  type        = string
}

variable "min_replicas" {
  description = "In each region; 0 lets it sleep."
  type        = number
}

variable "max_replicas" {
  description = "In each region."
  type        = number
}

variable "schedule" {
  type = map(object({
    cron     = string
    timezone = optional(string, "Etc/UTC")
    min      = number
    max      = number
  }))
  default = {}
}

variable "machines" {
  description = "Machines and scaling in each region, where the module's defaults do not fit: modules/gpu-backend/variables.tf says what each means."
  type = object({
    instance_types              = optional(list(string))
    task_cpu                    = optional(number)
    task_memory_mib             = optional(number)
    on_demand_base              = optional(number)
    spot_percentage             = optional(number)
    requests_per_replica_minute = optional(number)
    idle_minutes                = optional(number)
    nat_gateway_per_zone        = optional(bool)
    log_retention_days          = optional(number)
    queue_depth = optional(object({
      target          = number
      collector_image = string
    }))
  })
  default = {}
}

variable "network" {
  description = "A VPC of your own in the first region, instead of availability_zones."
  type = object({
    vpc_id             = string
    public_subnet_ids  = list(string)
    private_subnet_ids = list(string)
  })
  default = null
}

variable "second_network" {
  description = "The same in the second."
  type = object({
    vpc_id             = string
    public_subnet_ids  = list(string)
    private_subnet_ids = list(string)
  })
  default = null
}

variable "backend_settings" {
  description = "gpu-backend/src/config.ts has all of them."
  type        = map(string)
  default     = {}
}

variable "worker_variables" {
  description = "Instead of those in wrangler.toml."
  type        = map(string)
  default     = {}
}

variable "alarm_actions" {
  description = "SNS topics of the first region."
  type        = list(string)
  default     = []
}

variable "qdrant_url" {
  description = "A Qdrant of your own; null makes a cluster at Qdrant Cloud."
  type        = string
  default     = null
}

variable "qdrant_nodes" {
  description = "Of the cluster at Qdrant Cloud. 3 survive the loss of one; with 1, QDRANT_REPLICATION_FACTOR of backend_settings goes."
  type        = number
  default     = 3
}

variable "qdrant_node_memory" {
  description = "Of each of its nodes, as Qdrant's packages name it: about 1 GiB per million vectors of 512 and replica."
  type        = string
  default     = "8Gi"
}

variable "secrets_version" {
  description = "Raise it when backend_secret or Qdrant's key is another one."
  type        = number
  default     = 1
}

# Secrets: from the environment, TF_VAR_backend_secret and so on.

variable "backend_secret" {
  description = "Signs the worker's calls. At least 32 bytes: openssl rand -base64 48"
  type        = string
  sensitive   = true
}

variable "admin_token" {
  description = "Of the operator API. At least 32 bytes."
  type        = string
  sensitive   = true
}

variable "key_pepper" {
  description = "Keys the digests of API keys. At least 32 bytes; never to be changed."
  type        = string
  sensitive   = true
}

variable "qdrant_api_key" {
  type      = string
  default   = null
  sensitive = true
}

variable "qdrant_read_only_api_key" {
  type      = string
  default   = null
  sensitive = true
}

variable "otlp_headers" {
  description = "Of the receiver of the worker's spans, name=value,… percent-encoded; its address is OTEL_EXPORTER_OTLP_ENDPOINT in worker_variables."
  type        = string
  default     = null
  sensitive   = true
}
