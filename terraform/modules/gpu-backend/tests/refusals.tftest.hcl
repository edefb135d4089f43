# Each input that would break a deployment, or open it, is refused before anything is made.

mock_provider "aws" {}

variables {
  name               = "sightline-test"
  image_tag          = "4f2c1ab"
  certificate_arn    = "arn:aws:acm:eu-west-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"
  backend_secret     = "0123456789abcdef0123456789abcdef"
  qdrant_url         = "https://qdrant.example"
  qdrant_api_key     = "key"
  availability_zones = ["eu-west-1a", "eu-west-1b"]
}

# Several bad inputs to a run: each plan starts the provider, which is slow.

run "what_and_where" {
  command = plan

  variables {
    name               = "Sightline_Production"
    image_tag          = "latest"
    certificate_arn    = "sightline.example"
    qdrant_url         = "http://qdrant.example"
    qdrant_api_key     = ""
    backend_secret     = "short"
    settings           = { BACKEND_SECRET = "0123456789abcdef0123456789abcdef" }
    availability_zones = ["eu-west-1a"]
    vpc_cidr           = "10.0.0.0/24"
    min_replicas       = -1
  }

  expect_failures = [
    var.name, var.image_tag, var.certificate_arn, var.qdrant_url, var.qdrant_api_key, var.backend_secret, var.settings,
    var.network, var.vpc_cidr, var.min_replicas,
  ]
}

run "machines_and_bounds" {
  command = plan

  variables {
    cloudflare_ipv4_cidrs       = ["0.0.0.0/0"]
    instance_types              = ["m7g.large"]
    min_replicas                = 5
    max_replicas                = 4
    spot_percentage             = 101
    on_demand_base              = -1
    requests_per_replica_minute = 0
    idle_minutes                = 7
    log_retention_days          = 31
    queue_depth                 = { target = 0, collector_image = "registry.example/collector:1" }
  }

  expect_failures = [
    var.cloudflare_ipv4_cidrs, var.instance_types, var.max_replicas, var.spot_percentage, var.on_demand_base,
    var.requests_per_replica_minute, var.idle_minutes, var.log_retention_days, var.queue_depth,
  ]
}

run "networks_and_schedules" {
  command = plan

  variables {
    schedule = { office = { cron = "cron(0 7 ? * MON-FRI *)", min = 3, max = 9 } }
    network = {
      vpc_id             = "vpc-1"
      public_subnet_ids  = ["subnet-1"]
      private_subnet_ids = ["subnet-2"]
    }
  }

  expect_failures = [var.schedule, var.network]
}

run "a_crontab_line" {
  command = plan

  variables {
    schedule = { office = { cron = "0 7 * * *", min = 1, max = 2 } }
  }

  expect_failures = [var.schedule]
}
