"""Closes what MiniStack's CloudFormation leaves open, by the same APIs that it stands for.

- It leaves the OpenAPI body of an HTTP API aside: the routes are made of it here. Those that are there stay.
- A parameter of type Number stays a text: its poller fails on a mapping's MaximumConcurrency, which is given as a number here.

Argument: the stack. Prints the API's id and the routes that it has now, as JSON.
"""

import json
import re
import sys

import boto3
from samcli.yamlhelper import yaml_parse

stack = sys.argv[1]
cloudformation, gateway, functions = (boto3.client(name) for name in ("cloudformation", "apigatewayv2", "lambda"))
template = cloudformation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
template = yaml_parse(template) if isinstance(template, str) else template


def physical(logical):
    found = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=logical)
    return found["StackResourceDetail"]["PhysicalResourceId"]


def arn(uri):
    """Of the function in `.../functions/${logical.Arn}/invocations`."""
    logical = re.search(r"/functions/\$\{(\w+)\.Arn\}/", uri["Fn::Sub"]).group(1)
    return functions.get_function_configuration(FunctionName=physical(logical))["FunctionArn"]


[(logical, body)] = [
    (logical, it["Properties"]["Body"])
    for logical, it in template["Resources"].items()
    if it["Type"] == "AWS::ApiGatewayV2::Api"
]
api = physical(logical)
there = {it["RouteKey"] for it in gateway.get_routes(ApiId=api)["Items"]}
for path, methods in body["paths"].items():
    for method, operation in methods.items():
        key = f"{'ANY' if method == 'x-amazon-apigateway-any-method' else method.upper()} {path}"
        if key in there:
            continue
        to = gateway.create_integration(
            ApiId=api,
            IntegrationType="AWS_PROXY",
            IntegrationUri=arn(operation["x-amazon-apigateway-integration"]["uri"]),
            PayloadFormatVersion="2.0",
        )
        gateway.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{to['IntegrationId']}")
        there.add(key)
for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
    most = int(mapping["ScalingConfig"]["MaximumConcurrency"])
    functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": most})
json.dump({"api": api, "routes": sorted(there)}, sys.stdout)
