"""MiniStack as `python -m ministack` starts it, and a line of JSON for each request that IAM judged, in the file that IAM_LOG names.

With AUTH=true it enforces policies, but neither logs nor counts a refusal. Two things it is made to do as AWS does them: a batch of
SQS's is judged by the single action (Amazon SQS API permissions), and an environment ends after its invocation, not in the middle
of one, when its function is updated.
"""

import json
import os
import threading
import time

from ministack.core import iam_evaluator, lambda_runtime

BATCHES = {f"sqs:{it}Batch": f"sqs:{it}" for it in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")}
# Longer than any function behind API Gateway may take, seconds.
INVOCATION = 30

log = os.open(os.environ.pop("IAM_LOG"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
enforce, check_credentials = iam_evaluator.enforce, iam_evaluator.check_credentials
kill_workers = lambda_runtime.kill_workers


def tell(action, resource, failure):
    """One write a line: requests come on several threads."""
    refused = failure and (getattr(failure, "code", None) or failure.decision)
    principal = getattr(failure, "principal_arn", None) or iam_evaluator.caller_arn()
    line = {"principal": principal, "action": action, "resource": resource, "refused": refused}
    os.write(log, json.dumps(line).encode() + b"\n")


def judged(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
    action = BATCHES.get(iam_action, iam_action)
    failure = enforce(access_key_id, action, service, region, resource_arn=resource_arn, service_context=service_context)
    tell(action, resource_arn, failure)
    return failure


def checked(access_key_id, service):
    """Of a request that no action stands for: whether its credentials are anybody's."""
    failure = check_credentials(access_key_id, service)
    if failure:
        tell(f"{service}:?", "*", failure)
    return failure


def retired(workers):
    def wait_and_kill():
        end = time.monotonic() + INVOCATION
        while any(worker.in_use for worker in workers) and time.monotonic() < end:
            time.sleep(0.01)
        kill_workers(workers)

    threading.Thread(target=wait_and_kill, daemon=True).start()


# Whoever calls them imports them then, or looks them up in their module, and so gets these.
iam_evaluator.enforce, iam_evaluator.check_credentials = judged, checked
lambda_runtime.kill_workers = retired

from ministack.app import main  # noqa: E402

main()
