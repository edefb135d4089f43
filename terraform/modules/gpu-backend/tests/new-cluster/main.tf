# The backend with a Qdrant whose address only an apply will tell.

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
}

variable "name" { type = string }
variable "image_tag" { type = string }
variable "certificate_arn" { type = string }
variable "backend_secret" { type = string }
variable "availability_zones" { type = list(string) }
