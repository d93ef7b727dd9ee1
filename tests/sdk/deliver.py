"""Delivers events signed by Stripe's official Python package and prints the statuses as JSON.

Standard input: {"url", "secret", "cases": [{"id", "fault"}], "ours": {"body", "header"}}. The package verifies
djstripe's header first.
"""

import json
import sys
import time
import urllib.error
import urllib.request

import stripe


def header(payload, secret, at):
    signature = stripe.WebhookSignature._compute_signature("%d.%s" % (at, payload), secret)
    return "t=%d,v1=%s" % (at, signature)


def post(url, body, signature):
    request = urllib.request.Request(url, body.encode(), {"Stripe-Signature": signature})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def main():
    job = json.load(sys.stdin)
    ours = job["ours"]
    stripe.WebhookSignature.verify_header(ours["body"], ours["header"], job["secret"], 300)
    statuses = []
    for case in job["cases"]:
        event = {"id": case["id"], "object": "event", "type": "customer.updated", "data": {"object": {"name": "Zoë"}}}
        body, secret, at = json.dumps(event, indent=2, ensure_ascii=False), job["secret"], time.time()
        if case["fault"] == "secret":
            secret = "whsec_another"
        if case["fault"] == "time":
            at -= 301
        signature = header(body, secret, int(at))
        if case["fault"] == "body":
            body = body.replace("customer.updated", "customer.deleted")
        statuses.append(post(job["url"], body, signature))
    print(json.dumps(statuses))


main()
