# The backend as the example's first apply plans it: a Qdrant whose address only the apply will tell, and nothing chosen
# where null asks for the default.

terraform {
  required_providers {
    # So that the test's mock is passed on.
    aws = {
      source = "hashicorp/aws"
    }
  }
}

resource "terraform_data" "cluster" {}

module "backend" {
  source = "../.."

  name               = var.name
  image_tag          = var.image_tag
  certificate_arn    = var.certificate_arn
  backend_secret     = var.backend_secret
  qdrant_url         = "https://${terraform_data.cluster.id}.example"
  qdrant_api_key     = terraform_data.cluster.id
  availability_zones = var.availability_zones

  instance_types              = null
  task_cpu                    = null
  task_memory_mib             = null
  on_demand_base              = null
  spot_percentage             = null
  requests_per_replica_minute = null
  idle_minutes                = null
  nat_gateway_per_zone        = null
  log_retention_days          = null
  queue_depth                 = null
  network                     = null
}

variable "name" { type = string }
variable "image_tag" { type = string }
variable "certificate_arn" { type = string }
variable "backend_secret" { type = string }
variable "availability_zones" { type = list(string) }
