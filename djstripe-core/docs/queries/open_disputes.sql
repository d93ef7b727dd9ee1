-- Disputes that need a response, oldest first.
SELECT dispute.id, dispute.charge, charge.customer, dispute.amount, dispute.currency,
       dispute.reason
FROM stripe_dispute AS dispute
LEFT JOIN stripe_charge AS charge
  ON charge.account = dispute.account
 AND charge.livemode = dispute.livemode
 AND charge.id = dispute.charge
WHERE dispute.status IN ('needs_response', 'warning_needs_response')
  AND dispute.deleted_at IS NULL
ORDER BY dispute.created;
