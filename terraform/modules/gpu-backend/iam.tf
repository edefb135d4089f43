# Three roles: what an instance needs to be one of the cluster, what ECS needs to start a replica, what a replica needs.
# Resource "*" stands only where AWS knows no resource for the action. Policies are written with jsonencode, not with the
# policy-document data source, so that the tests read what is sent.

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

locals {
  # container-instance/<cluster>/<id>; ids are AWS's to choose.
  container_instances = "arn:${data.aws_partition.current.partition}:ecs:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:container-instance/${aws_ecs_cluster.this.name}/*"

  assume_role = {
    for service in ["ec2", "ecs-tasks"] : service => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "${service}.amazonaws.com" }
      }]
    })
  }
}

resource "aws_iam_role" "instance" {
  name_prefix        = "${var.name}-instance-"
  assume_role_policy = local.assume_role["ec2"]
}

resource "aws_iam_instance_profile" "instance" {
  name_prefix = "${var.name}-"
  role        = aws_iam_role.instance.name
}

resource "aws_iam_role_policy" "instance" {
  name = "cluster-member"
  role = aws_iam_role.instance.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "FindTheService"
        Effect   = "Allow"
        Action   = ["ecs:DiscoverPollEndpoint"]
        Resource = "*"
      },
      {
        Sid    = "JoinAndReport"
        Effect = "Allow"
        Action = [
          "ecs:DeregisterContainerInstance",
          "ecs:RegisterContainerInstance",
          "ecs:SubmitAttachmentStateChanges",
          "ecs:SubmitContainerStateChange",
          "ecs:SubmitTaskStateChange",
        ]
        Resource = aws_ecs_cluster.this.arn
      },
      {
        Sid    = "TakeOrders"
        Effect = "Allow"
        Action = [
          "ecs:Poll",
          "ecs:StartTelemetrySession",
          "ecs:UpdateContainerInstancesState",
        ]
        Resource  = local.container_instances
        Condition = { ArnEquals = { "ecs:cluster" = aws_ecs_cluster.this.arn } }
      },
    ]
  })
}

resource "aws_iam_role" "execution" {
  name_prefix        = "${var.name}-execution-"
  assume_role_policy = local.assume_role["ecs-tasks"]
}

resource "aws_iam_role_policy" "execution" {
  name = "start-a-replica"
  role = aws_iam_role.execution.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "RegistryLogin"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = "*"
      },
      {
        Sid    = "PullTheImage"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:GetDownloadUrlForLayer",
        ]
        Resource = aws_ecr_repository.backend.arn
      },
      {
        Sid      = "ReadItsSecrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.backend.arn, aws_secretsmanager_secret.qdrant.arn]
      },
      {
        Sid      = "WriteItsLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.backend.arn}:log-stream:*"
      },
    ]
  })
}

# A replica calls nothing of AWS, unless it brings the collector.
resource "aws_iam_role" "task" {
  name_prefix        = "${var.name}-task-"
  assume_role_policy = local.assume_role["ecs-tasks"]
}

resource "aws_iam_role_policy" "collector" {
  count = var.queue_depth == null ? 0 : 1

  name = "write-metrics"
  role = aws_iam_role.task.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "MetricsTravelAsLogEvents"
      Effect = "Allow"
      Action = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      Resource = [
        aws_cloudwatch_log_group.metrics[0].arn,
        "${aws_cloudwatch_log_group.metrics[0].arn}:log-stream:*",
      ]
    }]
  })
}
