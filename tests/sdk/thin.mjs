// Reads thin events with Stripe's official Node package, requests what they refer to, delivers them
// signed by the package, and prints what it read as JSON.
// Standard input: {"url", "secret", "api": {"base", "key"}, "notifications": [{"body", "header"}]}.

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

// The package is installed outside of this folder, at the path in the first argument.
const { default: Stripe } = await import(createRequire(process.argv[2]).resolve("stripe"));

const job = JSON.parse(await text(process.stdin));
const { protocol, hostname, port } = new URL(job.api.base);
const stripe = new Stripe(job.api.key, { host: hostname, port, protocol: protocol.slice(0, -1) });

const read = [];
for (const { body, header } of job.notifications) {
  const thin = stripe.parseEventNotification(body, header, job.secret);
  const event = await thin.fetchEvent();
  const object = await thin.fetchRelatedObject();
  const signature = stripe.webhooks.generateTestHeaderString({ payload: body, secret: job.secret });
  const response = await fetch(job.url, {
    method: "POST",
    body,
    headers: { "Stripe-Signature": signature },
  });
  read.push({
    id: thin.id,
    type: thin.type,
    context: thin.context?.toString() || null,
    related: thin.related_object && [thin.related_object.type, thin.related_object.id],
    fetched: event.id,
    snapshot: event.snapshot_event ?? null,
    data: event.data ?? null,
    object: object && object.id,
    status: response.status,
  });
}

const listed = [];
for await (const event of stripe.v2.core.events.list({ limit: 1 })) {
  listed.push(event.id);
}
let refused = null;
try {
  const types = Array.from({ length: 21 }, (_, number) => `v2.core.n${number}.created`);
  await stripe.v2.core.events.list({ types });
} catch (error) {
  refused = [error.type, error.code];
}
console.log(JSON.stringify({ read, listed, refused }));
