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

variable "monthly_budget_usd" {
  description = "Beyond it Upstash throttles, and the worker is without Redis."
  type        = number
}

variable "prod_pack" {
  description = "Upstash's encryption at rest, copies in several zones and uptime guarantee, at a price."
  type        = bool
}
