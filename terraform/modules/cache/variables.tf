variable "name" {
  type = string
}

locals {
  regions = [
    "us-east-1", "us-west-1", "us-west-2", "eu-central-1", "eu-west-1", "sa-east-1", "ap-southeast-1", "ap-southeast-2",
  ]
}

variable "primary_region" {
  description = "Where writes go. Limits are counted there: near most of the callers."
  type        = string

  validation {
    condition     = contains(local.regions, var.primary_region)
    error_message = "primary_region: a region of Upstash such as eu-west-1."
  }
}

variable "read_regions" {
  description = "Replicas. What they give may be a moment old: a revoked key may live that much longer."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for r in var.read_regions : contains(local.regions, r) && r != var.primary_region])
    error_message = "read_regions: regions of Upstash other than the primary."
  }
}

variable "monthly_budget_usd" {
  description = "Beyond it Upstash throttles, and calls fall back to the stricter limits without Redis."
  type        = number
  default     = 100
}

variable "prod_pack" {
  description = "Upstash's daily backups, encryption at rest and uptime guarantee, at a price."
  type        = bool
  default     = true
}
