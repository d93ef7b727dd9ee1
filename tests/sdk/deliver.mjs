// Delivers events signed by Stripe's official Node package and prints the statuses as JSON.
// Standard input: {"url", "secret", "cases": [{"id", "fault"}], "ours": {"body", "header"}}. The package verifies
// djstripe's header first.

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

// The package is installed outside of this folder, at the path in the first argument.
const { default: Stripe } = await import(createRequire(process.argv[2]).resolve("stripe"));
const { webhooks } = new Stripe("sk_test_unused");

const job = JSON.parse(await text(process.stdin));
webhooks.constructEvent(job.ours.body, job.ours.header, job.secret);
const statuses = [];
for (const { id, fault } of job.cases) {
  const event = { id, object: "event", type: "customer.updated", data: { object: { name: "Zoë" } } };
  let payload = JSON.stringify(event, null, 2);
  const timestamp = Math.floor(Date.now() / 1000) - (fault === "time" ? 301 : 0);
  const secret = fault === "secret" ? "whsec_another" : job.secret;
  const signature = webhooks.generateTestHeaderString({ payload, secret, timestamp });
  if (fault === "body") {
    payload = payload.replace("customer.updated", "customer.deleted");
  }
  const response = await fetch(job.url, {
    method: "POST",
    body: payload,
    headers: { "Stripe-Signature": signature },
  });
  statuses.push(response.status);
}
console.log(JSON.stringify(statuses));
