"""Signs webhooks as their senders' own packages do, and says what those packages make of a signature.

Reads one JSON object a line: {"peer", "secret", "body", "sign": {"id", "time"}} or {"peer", "secret", "body", "headers"}; answers
each with a line: the headers, or whether they hold for the body.
"""

import json
import sys
from datetime import datetime, timezone

import standardwebhooks
import stripe


def sign(peer, secret, body, id, time):
    if peer == "stripe":
        return {"stripe-signature": stripe.WebhookSignature.generate_signature_header(body, secret, time)}
    moment = datetime.fromtimestamp(time, tz=timezone.utc)
    signature = standardwebhooks.Webhook(secret).sign(id, moment, body)
    return {"webhook-id": id, "webhook-timestamp": str(time), "webhook-signature": signature}


def holds(peer, secret, body, headers):
    try:
        if peer == "stripe":
            stripe.WebhookSignature.verify_header(body, headers["stripe-signature"], secret, 300)
        else:
            standardwebhooks.Webhook(secret).verify(body, headers, json_parse=False)
    except (stripe.SignatureVerificationError, standardwebhooks.WebhookVerificationError):
        return False
    return True


for line in sys.stdin:
    asked = json.loads(line)
    common = asked["peer"], asked["secret"], asked["body"]
    answer = sign(*common, **asked["sign"]) if "sign" in asked else holds(*common, asked["headers"])
    print(json.dumps(answer), flush=True)
