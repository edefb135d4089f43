variable "name" {
  type = string
}

variable "self_hosted_url" {
  description = "A Qdrant of your own instead of a cluster at Qdrant Cloud; its two keys below."
  type        = string
  default     = null

  validation {
    condition     = var.self_hosted_url == null ? true : startswith(var.self_hosted_url, "https://")
    error_message = "self_hosted_url: an https:// address."
  }
}

variable "self_hosted_api_key" {
  type      = string
  default   = null
  sensitive = true

  validation {
    condition     = (var.self_hosted_url == null) == (var.self_hosted_api_key == null)
    error_message = "self_hosted_api_key: goes with self_hosted_url."
  }
}

variable "self_hosted_read_only_api_key" {
  type      = string
  default   = null
  sensitive = true

  validation {
    condition     = (var.self_hosted_url == null) == (var.self_hosted_read_only_api_key == null)
    error_message = "self_hosted_read_only_api_key: goes with self_hosted_url."
  }
}

variable "cloud_region" {
  description = "AWS region of the cluster; the backend's, or near it."
  type        = string
  default     = "eu-west-1"
}

variable "nodes" {
  description = "3 or more survive the loss of one; set QDRANT_REPLICATION_FACTOR of the backend to 2 then."
  type        = number
  default     = 3

  validation {
    condition     = var.nodes >= 1 && floor(var.nodes) == var.nodes
    error_message = "nodes: a whole number, at least 1."
  }
}

variable "node_memory" {
  description = "Memory of a node as Qdrant's packages name it. int8 vectors and their graph live there: about 1 GiB per million vectors of 512."
  type        = string
  default     = "8Gi"

  validation {
    condition     = can(regex("^[0-9]+Gi$", var.node_memory))
    error_message = "node_memory: such as 8Gi."
  }
}

variable "qdrant_version" {
  description = "Sightline's tests know 1.12 to 1.19."
  type        = string
  default     = "v1.17.1"

  validation {
    condition     = can(regex("^v1\\.(1[2-9])\\.[0-9]+$", var.qdrant_version))
    error_message = "qdrant_version: v1.12 to v1.19."
  }
}
