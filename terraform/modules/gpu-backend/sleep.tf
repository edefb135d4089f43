# Non-production may sleep. Nobody calls for a while → no replica, and ECS ends the instances. A call while nobody is there
# is refused by the load balancer (503), and that refusal is the wake-up call.

locals {
  may_sleep = var.min_replicas == 0 ? 1 : 0
}

resource "aws_appautoscaling_policy" "wake_up" {
  count = local.may_sleep

  name               = "${var.name}-wake-up"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.replicas.service_namespace
  resource_id        = aws_appautoscaling_target.replicas.resource_id
  scalable_dimension = aws_appautoscaling_target.replicas.scalable_dimension

  step_scaling_policy_configuration {
    # One more, not exactly one: a service that a schedule is just starting must not shrink.
    adjustment_type = "ChangeInCapacity"
    # As long as an instance takes to come; refusals go on until then.
    cooldown                = 600
    metric_aggregation_type = "Maximum"

    step_adjustment {
      metric_interval_lower_bound = 0
      scaling_adjustment          = 1
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "refused_while_asleep" {
  count = local.may_sleep

  alarm_name          = "${var.name}-wake-up"
  alarm_description   = "A call was refused because no replica runs: wake the service."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_ELB_503_Count"
  dimensions          = { LoadBalancer = aws_lb.this.arn_suffix }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_appautoscaling_policy.wake_up[0].arn]
}

resource "aws_appautoscaling_policy" "fall_asleep" {
  count = local.may_sleep

  name               = "${var.name}-fall-asleep"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.replicas.service_namespace
  resource_id        = aws_appautoscaling_target.replicas.resource_id
  scalable_dimension = aws_appautoscaling_target.replicas.scalable_dimension

  step_scaling_policy_configuration {
    adjustment_type         = "ExactCapacity"
    cooldown                = 60
    metric_aggregation_type = "Maximum"

    step_adjustment {
      metric_interval_upper_bound = 0
      scaling_adjustment          = 0
    }
  }
}

# Refused calls count as calls: else the alarm, which acts for as long as it lasts, would end the replica that is waking up.
resource "aws_cloudwatch_metric_alarm" "idle" {
  count = local.may_sleep

  alarm_name          = "${var.name}-idle"
  alarm_description   = "No call for ${var.idle_minutes} minutes: let the service sleep."
  evaluation_periods  = var.idle_minutes / 5
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_appautoscaling_policy.fall_asleep[0].arn]

  metric_query {
    id          = "calls"
    label       = "Calls, refused ones too"
    expression  = "FILL(answered, 0) + FILL(refused, 0)"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { answered = "RequestCount", refused = "HTTPCode_ELB_503_Count" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/ApplicationELB"
        metric_name = metric_query.value
        dimensions  = { LoadBalancer = aws_lb.this.arn_suffix }
        stat        = "Sum"
        period      = 300
      }
    }
  }
}
