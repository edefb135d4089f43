# What there is, and where.

variable "name" {
  description = "Names everything; one instance of this module per name and region."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,22}[a-z0-9]$", var.name))
    error_message = "name: 2 to 24 lower-case letters, digits and hyphens, a letter first (load balancers allow no more)."
  }
}

variable "image_tag" {
  description = "Tag of the GPU image in this module's repository. Tags are immutable: a release is a new tag."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", var.image_tag)) && var.image_tag != "latest"
    error_message = "image_tag: a tag that names one release, such as a commit; not latest."
  }
}

variable "certificate_arn" {
  description = "ACM certificate of the name under which the worker calls this backend, in this region."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/", var.certificate_arn))
    error_message = "certificate_arn: the ARN of an ACM certificate."
  }
}

# The backend's settings: gpu-backend/src/config.ts has all of them.

variable "settings" {
  description = "Environment of the backend beside what this module sets, e.g. { MODELS = \"clip-vit-base-patch32\" }."
  type        = map(string)
  default     = {}

  validation {
    condition = length(setintersection(keys(var.settings), [
      "BACKEND_SECRET", "DRAIN_DELAY_MS", "HOST", "PORT", "QDRANT_API_KEY", "QDRANT_URL", "SHUTDOWN_GRACE_MS", "VECTOR_STORE",
    ])) == 0
    error_message = "settings: secrets, the address, the vector store and the shutdown's times have arguments of their own or are fixed."
  }
}

variable "backend_secret" {
  description = "BACKEND_SECRET, the same as the worker's. This module keeps it out of the state."
  type        = string
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = length(var.backend_secret) >= 32
    error_message = "backend_secret: at least 32 bytes, e.g. from `openssl rand -base64 48`."
  }
}

variable "qdrant_url" {
  description = "Address of the Qdrant cluster. Replicas come and go, so vectors never lie on their disks."
  type        = string

  validation {
    condition     = can(regex("^https://[^/?#]+", var.qdrant_url))
    error_message = "qdrant_url: an https:// address; keys and vectors cross the network."
  }
}

variable "qdrant_port" {
  description = "The address's port, as the backend reads it: 6333 unless it names one. By itself, since a plan must know it and a new cluster's address is not known yet."
  type        = number
  default     = 6333
}

variable "qdrant_api_key" {
  description = "A key that may manage collections. This module keeps it out of the state."
  type        = string
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = length(var.qdrant_api_key) > 0
    error_message = "qdrant_api_key: must not be empty."
  }
}

variable "secrets_version" {
  description = "Raise it to write the two secrets again; replicas read them when they start."
  type        = number
  default     = 1
}

# The network.

variable "availability_zones" {
  description = "Zones of the VPC that is made here. Not every zone has every GPU type: `aws ec2 describe-instance-type-offerings --location-type availability-zone`."
  type        = list(string)
  default     = []
}

variable "vpc_cidr" {
  description = "Of the VPC that is made here."
  type        = string
  default     = "10.40.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.vpc_cidr, 4, 15)) && try(tonumber(split("/", var.vpc_cidr)[1]), 0) <= 20
    error_message = "vpc_cidr: a range of /20 or larger."
  }
}

variable "network" {
  description = "A VPC of your own instead: public subnets for the load balancer, private ones with a way out (NAT) for the replicas."
  type = object({
    vpc_id             = string
    public_subnet_ids  = list(string)
    private_subnet_ids = list(string)
  })
  default = null

  validation {
    condition     = var.network == null ? length(var.availability_zones) >= 2 : length(var.availability_zones) == 0
    error_message = "Either network, or at least two availability_zones (a load balancer wants two)."
  }

  validation {
    condition     = var.network == null ? true : min(length(var.network.public_subnet_ids), length(var.network.private_subnet_ids)) >= 2
    error_message = "network: at least two public and two private subnets."
  }
}

variable "nat_gateway_per_zone" {
  description = "false: one for all zones, which is cheaper and lost with its zone."
  type        = bool
  default     = true
  nullable    = false
}

variable "cloudflare_ipv4_cidrs" {
  description = "Who may open a connection: the published ranges from which workers call. https://www.cloudflare.com/ips-v4"
  type        = set(string)
  default = [
    "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "104.16.0.0/13", "104.24.0.0/14", "108.162.192.0/18",
    "131.0.72.0/22", "141.101.64.0/18", "162.158.0.0/15", "172.64.0.0/13", "173.245.48.0/20", "188.114.96.0/20",
    "190.93.240.0/20", "197.234.240.0/22", "198.41.128.0/17",
  ]

  validation {
    condition     = length(var.cloudflare_ipv4_cidrs) > 0 && alltrue([for c in var.cloudflare_ipv4_cidrs : can(cidrnetmask(c))])
    error_message = "cloudflare_ipv4_cidrs: IPv4 ranges."
  }

  validation {
    condition     = alltrue([for c in var.cloudflare_ipv4_cidrs : try(tonumber(split("/", c)[1]), 0) >= 8])
    error_message = "cloudflare_ipv4_cidrs: a range wider than /8 would open the backend to strangers."
  }
}

# Machines and replicas.

variable "instance_types" {
  description = "GPU instance types in the order of preference. A replica reserves one GPU."
  type        = list(string)
  default     = ["g6.xlarge", "g5.xlarge"]
  nullable    = false

  validation {
    condition     = length(var.instance_types) > 0 && alltrue([for t in var.instance_types : can(regex("^(g4dn|g5|g6|g6e|p4d|p5)\\.[0-9a-z]+$", t))])
    error_message = "instance_types: NVIDIA types on x86-64 (g4dn, g5, g6, g6e, p4d, p5); the image is built for those."
  }
}

variable "task_cpu" {
  description = "CPU units (1024 = one vCPU) of a replica. The default fits beside the ECS agent on an .xlarge."
  type        = number
  default     = 3584
  nullable    = false
}

variable "task_memory_mib" {
  description = "Memory of a replica in MiB. The default fits on an .xlarge of 16 GiB."
  type        = number
  default     = 13312
  nullable    = false
}

variable "on_demand_base" {
  description = "So many instances are always on-demand; of those beyond, spot_percentage are spot."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.on_demand_base >= 0 && floor(var.on_demand_base) == var.on_demand_base
    error_message = "on_demand_base: a whole number, 0 or more."
  }
}

variable "spot_percentage" {
  description = "Share of spot instances beyond on_demand_base."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.spot_percentage >= 0 && var.spot_percentage <= 100
    error_message = "spot_percentage: 0 to 100."
  }
}

variable "min_replicas" {
  description = "0 lets the service sleep: see idle_minutes."
  type        = number
  default     = 1

  validation {
    condition     = var.min_replicas >= 0 && floor(var.min_replicas) == var.min_replicas
    error_message = "min_replicas: a whole number, 0 or more."
  }
}

variable "max_replicas" {
  description = "The bound on what this region can cost."
  type        = number
  default     = 4

  validation {
    condition     = var.max_replicas >= max(var.min_replicas, 1) && floor(var.max_replicas) == var.max_replicas
    error_message = "max_replicas: a whole number, at least min_replicas and at least 1."
  }
}

# Scaling.

variable "requests_per_replica_minute" {
  description = "Replicas are added and taken away so that each gets about so many calls a minute. Measure it: half of what one replica can do."
  type        = number
  default     = 600
  nullable    = false

  validation {
    condition     = var.requests_per_replica_minute > 0
    error_message = "requests_per_replica_minute: more than 0."
  }
}

variable "queue_depth" {
  description = "Scaling on waiting entries per replica too, through a collector beside the backend that reads its /metrics; null for none."
  type = object({
    target          = number
    collector_image = string
  })
  default = null

  validation {
    condition     = var.queue_depth == null ? true : var.queue_depth.target > 0
    error_message = "queue_depth.target: more than 0."
  }
}

variable "idle_minutes" {
  description = "With min_replicas = 0: after so long without a call the last replica goes. The next refused call wakes the service; that takes minutes."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.idle_minutes >= 15 && var.idle_minutes <= 1440 && var.idle_minutes % 5 == 0
    error_message = "idle_minutes: 15 to 1440 in steps of 5; less would end a replica that is still waking up."
  }
}

variable "schedule" {
  description = "Other bounds at set times, e.g. { office = { cron = \"cron(0 7 ? * MON-FRI *)\", min = 2, max = 4 } }. They last until the next one, or until an apply sets min_replicas and max_replicas again."
  type = map(object({
    cron     = string
    timezone = optional(string, "Etc/UTC")
    min      = number
    max      = number
  }))
  default = {}

  validation {
    condition     = alltrue([for s in var.schedule : can(regex("^(cron|at|rate)\\(.+\\)$", s.cron))])
    error_message = "schedule: cron must be an expression such as cron(0 7 ? * MON-FRI *)."
  }

  validation {
    condition     = alltrue([for s in var.schedule : 0 <= s.min && s.min <= s.max && s.max <= var.max_replicas])
    error_message = "schedule: 0 <= min <= max <= max_replicas."
  }
}

# Keeping watch.

variable "alarm_actions" {
  description = "What alarms notify, e.g. an SNS topic's ARN. Empty: they only change colour."
  type        = list(string)
  default     = []
}

variable "log_retention_days" {
  type     = number
  default  = 30
  nullable = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days: a value that CloudWatch offers, such as 30 or 90."
  }
}

variable "deletion_protection" {
  description = "Keeps `terraform destroy` from taking the load balancer and its name."
  type        = bool
  default     = true
}
