"""What the stack is. Argument: the stack.

Prints as JSON its outputs, the least level that each of its functions logs, and the ids of what its template keeps when it is deleted.
"""

import json
import sys

import boto3
from samcli.yamlhelper import yaml_parse

stack = sys.argv[1]
cloudformation, functions = boto3.client("cloudformation"), boto3.client("lambda")
[it] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
template = cloudformation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
template = yaml_parse(template) if isinstance(template, str) else template
levels, kept = {}, []
for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
    for resource in page["StackResourceSummaries"]:
        if resource["ResourceType"] == "AWS::Lambda::Function":
            found = functions.get_function_configuration(FunctionName=resource["PhysicalResourceId"])
            levels[resource["LogicalResourceId"]] = found["LoggingConfig"]["ApplicationLogLevel"]
        if template["Resources"][resource["LogicalResourceId"]].get("DeletionPolicy") == "Retain":
            kept.append(resource["PhysicalResourceId"])
outputs = {output["OutputKey"]: output["OutputValue"] for output in it.get("Outputs", [])}
json.dump({"outputs": outputs, "log_levels": levels, "kept": kept}, sys.stdout)
