# What the module must never lose: the GPU, the bounds, a closed network, TLS, encryption, narrow roles.
# No account and no network: the provider is a mock that knows the real schemas.

mock_provider "aws" {
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:mock" }
  }
  mock_resource "aws_ecr_repository" {
    defaults = {
      arn            = "arn:aws:ecr:eu-west-1:111122223333:repository/mock"
      repository_url = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/mock"
    }
  }
  mock_resource "aws_ecs_cluster" {
    defaults = { arn = "arn:aws:ecs:eu-west-1:111122223333:cluster/mock" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mock" }
  }
  mock_resource "aws_iam_instance_profile" {
    defaults = { arn = "arn:aws:iam::111122223333:instance-profile/mock" }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0" }
  }
  mock_resource "aws_autoscaling_group" {
    defaults = { arn = "arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:00000000-0000-0000-0000-000000000000:autoScalingGroupName/mock" }
  }
  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/mock/0", arn_suffix = "app/mock/0" }
  }
  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/mock/0/0" }
  }
  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/mock/0", arn_suffix = "targetgroup/mock/0" }
  }
  mock_resource "aws_appautoscaling_policy" {
    defaults = { arn = "arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:mock" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mock" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
}

variables {
  name               = "sightline-test"
  image_tag          = "4f2c1ab"
  certificate_arn    = "arn:aws:acm:eu-west-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"
  backend_secret     = "0123456789abcdef0123456789abcdef"
  qdrant_url         = "https://qdrant.example"
  qdrant_api_key     = "key"
  availability_zones = ["eu-west-1a", "eu-west-1b"]
}

run "production" {
  variables {
    settings = { MODELS = "clip-vit-base-patch32" }
    schedule = { office = { cron = "cron(0 7 ? * MON-FRI *)", min = 2, max = 4 } }
  }

  # The replica.

  assert {
    condition = jsondecode(aws_ecs_task_definition.backend.container_definitions)[0].resourceRequirements == [
      { type = "GPU", value = "1" }
    ]
    error_message = "A replica reserves exactly one GPU."
  }

  assert {
    condition = alltrue([for c in jsondecode(aws_ecs_task_definition.backend.container_definitions) : (
      c.readonlyRootFilesystem && c.user == "65532:65532" && c.linuxParameters.capabilities.drop == ["ALL"]
    )])
    error_message = "The backend runs without root, capabilities or a writable root file system."
  }

  assert {
    condition = toset([for s in jsondecode(aws_ecs_task_definition.backend.container_definitions)[0].secrets : s.name]) == toset(
      ["BACKEND_SECRET", "QDRANT_API_KEY"]
    )
    error_message = "Both secrets come from Secrets Manager."
  }

  assert {
    condition     = !strcontains(aws_ecs_task_definition.backend.container_definitions, var.backend_secret)
    error_message = "No secret's value stands in the task definition."
  }

  assert {
    condition = { for e in jsondecode(aws_ecs_task_definition.backend.container_definitions)[0].environment : e.name => e.value } == {
      DRAIN_DELAY_MS      = "5000"
      EXECUTION_PROVIDERS = "cuda"
      HOST                = "0.0.0.0"
      MODELS              = "clip-vit-base-patch32"
      MODEL_VARIANTS      = "fp16,fp32,int8"
      PORT                = "8788"
      QDRANT_URL          = "https://qdrant.example"
      SHUTDOWN_GRACE_MS   = "35000"
      VECTOR_STORE        = "qdrant"
    }
    error_message = "The environment is the module's and the settings', nothing else."
  }

  assert {
    condition = (
      jsondecode(aws_ecs_task_definition.backend.container_definitions)[0].stopTimeout * 1000 >
      sum([for e in jsondecode(aws_ecs_task_definition.backend.container_definitions)[0].environment : tonumber(e.value) if contains(["DRAIN_DELAY_MS", "SHUTDOWN_GRACE_MS"], e.name)])
    )
    error_message = "ECS waits longer for the drain than the drain may take."
  }

  assert {
    condition     = endswith(jsondecode(aws_ecs_task_definition.backend.container_definitions)[0].image, ":4f2c1ab") && aws_ecr_repository.backend.image_tag_mutability == "IMMUTABLE"
    error_message = "The image is the tag that was asked for, and a tag never changes."
  }

  assert {
    condition     = one(aws_ecs_service.backend.deployment_circuit_breaker).rollback && aws_ecs_service.backend.deployment_minimum_healthy_percent == 100
    error_message = "A deployment takes no replica away early, and goes back by itself."
  }

  # The network.

  assert {
    condition     = aws_vpc_security_group_ingress_rule.load_balancer.prefix_list_id == aws_ec2_managed_prefix_list.cloudflare.id && aws_vpc_security_group_ingress_rule.load_balancer.cidr_ipv4 == null && aws_vpc_security_group_ingress_rule.load_balancer.from_port == 443 && aws_vpc_security_group_ingress_rule.load_balancer.to_port == 443
    error_message = "The load balancer is open to Cloudflare's ranges on 443 and to nobody else."
  }

  assert {
    condition     = toset([for e in aws_ec2_managed_prefix_list.cloudflare.entry : e.cidr]) == toset(var.cloudflare_ipv4_cidrs) && !contains(var.cloudflare_ipv4_cidrs, "0.0.0.0/0")
    error_message = "The list holds Cloudflare's ranges."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.replica.referenced_security_group_id == aws_security_group.load_balancer.id && aws_vpc_security_group_ingress_rule.replica.cidr_ipv4 == null && aws_vpc_security_group_ingress_rule.replica.security_group_id == aws_security_group.replica.id
    error_message = "Only the load balancer reaches a replica."
  }

  assert {
    condition     = length(aws_security_group.instance.ingress) == 0 && length(aws_default_security_group.closed[0].ingress) == 0 && length(aws_default_security_group.closed[0].egress) == 0
    error_message = "Nobody reaches an instance, and the VPC's default group lets nothing through."
  }

  assert {
    condition     = toset(aws_ecs_service.backend.network_configuration[0].subnets) == toset([for s in aws_subnet.private : s.id]) && aws_ecs_service.backend.network_configuration[0].assign_public_ip != true && toset(aws_autoscaling_group.gpu.vpc_zone_identifier) == toset([for s in aws_subnet.private : s.id])
    error_message = "Replicas and instances live in the private subnets."
  }

  assert {
    condition     = length(distinct([for s in concat(values(aws_subnet.public), values(aws_subnet.private)) : s.cidr_block])) == 4
    error_message = "Subnets do not overlap."
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_egress_rule.replica)) == toset(["80", "443", "8080", "8443", "6333"])
    error_message = "Replicas reach the web's ports and Qdrant."
  }

  # TLS and encryption.

  assert {
    condition     = aws_lb_listener.https.protocol == "HTTPS" && aws_lb_listener.https.port == 443 && startswith(aws_lb_listener.https.ssl_policy, "ELBSecurityPolicy-TLS13-1-2-")
    error_message = "TLS 1.2 and 1.3, nothing else."
  }

  assert {
    condition     = aws_lb_listener.https.default_action[0].type == "fixed-response" && one(one(aws_lb_listener_rule.internal_api.condition).path_pattern).values == toset(["/internal/*", "/readyz"])
    error_message = "Only the internal API and readiness are reachable."
  }

  assert {
    condition     = aws_lb_target_group.replicas.health_check[0].path == "/readyz" && aws_lb_target_group.replicas.health_check[0].matcher == "200"
    error_message = "Only replicas whose models answer get calls."
  }

  assert {
    condition     = tobool(aws_launch_template.gpu.block_device_mappings[0].ebs[0].encrypted) && aws_launch_template.gpu.metadata_options[0].http_tokens == "required" && aws_launch_template.gpu.metadata_options[0].http_put_response_hop_limit == 1 && aws_ecr_repository.backend.encryption_configuration[0].encryption_type == "AES256"
    error_message = "Disks and images are encrypted; an instance's credentials take a session token and are out of reach for containers."
  }

  assert {
    condition     = strcontains(base64decode(aws_launch_template.gpu.user_data), "ECS_ENABLE_GPU_SUPPORT=true\nECS_ENABLE_SPOT_INSTANCE_DRAINING=true\nECS_AWSVPC_BLOCK_IMDS=true\n")
    error_message = "Instances offer GPUs, drain before spot takes them, and keep their credentials; without indentation."
  }

  # The roles.

  assert {
    condition = alltrue(flatten([
      for policy in [aws_iam_role_policy.instance.policy, aws_iam_role_policy.execution.policy] : [
        for s in jsondecode(policy).Statement : [for action in flatten([s.Action]) : !strcontains(action, "*")]
      ]
    ]))
    error_message = "No role has a wildcard action."
  }

  assert {
    condition = toset(flatten([
      for policy in [aws_iam_role_policy.instance.policy, aws_iam_role_policy.execution.policy] : [
        for s in jsondecode(policy).Statement : s.Action if contains(flatten([s.Resource]), "*")
      ]
    ])) == toset(["ecs:DiscoverPollEndpoint", "ecr:GetAuthorizationToken"])
    error_message = "Resource * stands only for the two actions that AWS gives no resource."
  }

  assert {
    condition     = length(aws_iam_role_policy.collector) == 0 && aws_ecs_task_definition.backend.task_role_arn == aws_iam_role.task.arn
    error_message = "A replica may do nothing in AWS."
  }

  # Scaling.

  assert {
    condition     = aws_appautoscaling_target.replicas.min_capacity == 1 && aws_appautoscaling_target.replicas.max_capacity == 4
    error_message = "The bounds are those that were asked for."
  }

  assert {
    condition     = one(aws_appautoscaling_policy.requests.target_tracking_scaling_policy_configuration).target_value == 600 && one(one(aws_appautoscaling_policy.requests.target_tracking_scaling_policy_configuration).predefined_metric_specification).resource_label == "app/mock/0/targetgroup/mock/0"
    error_message = "Calls per replica decide."
  }

  assert {
    condition     = one(aws_appautoscaling_scheduled_action.this["office"].scalable_target_action).min_capacity == "2" && aws_appautoscaling_scheduled_action.this["office"].timezone == "Etc/UTC"
    error_message = "The schedule is kept."
  }

  assert {
    condition     = one(one(aws_autoscaling_group.gpu.mixed_instances_policy).instances_distribution).on_demand_base_capacity == 1 && one(one(aws_autoscaling_group.gpu.mixed_instances_policy).instances_distribution).on_demand_percentage_above_base_capacity == 50 && aws_autoscaling_group.gpu.min_size == 0
    error_message = "One instance on demand, half of the others spot, none kept without a task."
  }

  assert {
    condition     = aws_autoscaling_group.gpu.protect_from_scale_in && one(aws_ecs_capacity_provider.gpu.auto_scaling_group_provider).managed_termination_protection == "ENABLED"
    error_message = "No instance goes while it has a task."
  }

  assert {
    condition     = length(aws_appautoscaling_policy.wake_up) + length(aws_appautoscaling_policy.fall_asleep) + length(aws_appautoscaling_policy.queue_depth) == 0
    error_message = "It neither sleeps nor looks at a metric that is not measured."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["slow", "no-gpu-instance", "no-ready-replica"]) && aws_cloudwatch_metric_alarm.errors.threshold == 10
    error_message = "Alarms on slowness, errors, missing instances and missing replicas."
  }
}

run "sleeps_and_wakes" {
  command = plan

  variables {
    min_replicas = 0
    idle_minutes = 30
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.refused_while_asleep[0].metric_name == "HTTPCode_ELB_503_Count" && aws_cloudwatch_metric_alarm.refused_while_asleep[0].threshold == 1
    error_message = "The first refused call wakes."
  }

  assert {
    condition     = one(aws_appautoscaling_policy.wake_up[0].step_scaling_policy_configuration).adjustment_type == "ChangeInCapacity"
    error_message = "Waking never takes replicas away."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.idle[0].evaluation_periods == 6 && aws_cloudwatch_metric_alarm.idle[0].treat_missing_data == "breaching" && anytrue([for q in aws_cloudwatch_metric_alarm.idle[0].metric_query : strcontains(coalesce(q.expression, "-"), "refused")])
    error_message = "It sleeps after half an hour in which nobody called, not even in vain."
  }

  assert {
    condition     = !contains(keys(aws_cloudwatch_metric_alarm.this), "no-ready-replica")
    error_message = "Being asleep is no alarm."
  }
}

run "scales_on_queue_depth" {
  variables {
    queue_depth = { target = 64, collector_image = "registry.example/collector:1" }
  }

  assert {
    condition     = one(one(aws_appautoscaling_policy.queue_depth[0].target_tracking_scaling_policy_configuration).customized_metric_specification).metric_name == "sightline_queue_depth" && one(one(aws_appautoscaling_policy.queue_depth[0].target_tracking_scaling_policy_configuration).customized_metric_specification).namespace == "Sightline/sightline-test" && one(one(one(aws_appautoscaling_policy.queue_depth[0].target_tracking_scaling_policy_configuration).customized_metric_specification).dimensions).value == "sightline-test"
    error_message = "The policy reads the gauge that the collector writes."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.backend.container_definitions)[1].essential == false && strcontains(jsondecode(aws_ecs_task_definition.backend.container_definitions)[1].environment[0].value, "\"namespace\": \"Sightline/sightline-test\"")
    error_message = "The collector stands beside the backend, and may fail without it."
  }

  assert {
    condition = alltrue(flatten([
      for s in jsondecode(aws_iam_role_policy.collector[0].policy).Statement : concat(
        [for action in s.Action : !strcontains(action, "*")], [for r in s.Resource : startswith(r, "arn:aws:logs:")]
      )
    ]))
    error_message = "The collector may write its own log group, nothing else."
  }
}

run "takes_a_network_of_ones_own" {
  command = plan

  variables {
    availability_zones = []
    network = {
      vpc_id             = "vpc-1"
      public_subnet_ids  = ["subnet-1", "subnet-2"]
      private_subnet_ids = ["subnet-3", "subnet-4"]
    }
  }

  assert {
    condition     = length(aws_vpc.this) + length(aws_nat_gateway.this) + length(aws_subnet.public) == 0 && toset(aws_ecs_service.backend.network_configuration[0].subnets) == toset(["subnet-3", "subnet-4"]) && aws_lb_target_group.replicas.vpc_id == "vpc-1"
    error_message = "Nothing of a network is made where one is given."
  }
}

run "saves_on_gateways" {
  command = plan

  variables {
    nat_gateway_per_zone = false
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route_table.private) == 2
    error_message = "One gateway serves both zones."
  }
}

run "lets_out_to_qdrants_port" {
  command = plan

  variables {
    qdrant_url  = "https://qdrant.example:7443/path"
    qdrant_port = 7443
  }

  assert {
    condition     = contains(keys(aws_vpc_security_group_egress_rule.replica), "7443") && !contains(keys(aws_vpc_security_group_egress_rule.replica), "6333")
    error_message = "The firewall opens the port that is named."
  }
}

# The first apply makes Qdrant's cluster and the backend together.
run "a_plan_before_qdrants_address_is_known" {
  command = plan

  module {
    source = "./tests/new-cluster"
  }

  assert {
    condition     = module.backend.log_group_name == "/sightline/sightline-test/backend"
    error_message = "It has a plan."
  }
}
