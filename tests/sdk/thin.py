"""Reads thin events with Stripe's official Python package, requests what they refer to, delivers them
signed by the package, and prints what it read as JSON.

Standard input: {"url", "secret", "api": {"base", "key"}, "notifications": [{"body", "header"}]}.
"""

import json
import sys
import time
import urllib.request

import stripe


def header(payload, secret):
    at = int(time.time())
    signature = stripe.WebhookSignature._compute_signature("%d.%s" % (at, payload), secret)
    return "t=%d,v1=%s" % (at, signature)


def post(url, body, signature):
    request = urllib.request.Request(url, body.encode(), {"Stripe-Signature": signature})
    with urllib.request.urlopen(request) as response:
        return response.status


def read(client, job, notification):
    body = notification["body"]
    thin = client.parse_event_notification(body, notification["header"], job["secret"])
    event = thin.fetch_event().to_dict()
    related = getattr(thin, "related_object", None)
    fetched = thin.fetch_related_object() if related else None
    return {
        "id": thin.id,
        "type": thin.type,
        "context": str(thin.context) if thin.context else None,
        "related": related and [related.type, related.id],
        "fetched": event["id"],
        "snapshot": event.get("snapshot_event"),
        "data": event.get("data"),
        "object": fetched and fetched.id,
        "status": post(job["url"], body, header(body, job["secret"])),
    }


def main():
    job = json.load(sys.stdin)
    api = job["api"]
    client = stripe.StripeClient(api["key"], base_addresses={"api": api["base"]})
    events = [read(client, job, notification) for notification in job["notifications"]]
    listed = client.v2.core.events.list({"limit": 1})
    listed = [event.id for event in listed.auto_paging_iter()]
    refused = None
    try:
        client.v2.core.events.list({"types": ["v2.core.n%d.created" % number for number in range(21)]})
    except stripe.StripeError as error:
        refused = [type(error).__name__, error.code]
    print(json.dumps({"read": events, "listed": listed, "refused": refused}))


main()
