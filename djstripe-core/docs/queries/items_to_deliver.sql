-- What was bought in paid checkout sessions: prices and quantities.
SELECT checkout.id AS checkout, checkout.customer, item.price, item.product, item.quantity,
       item.amount_total, item.currency
FROM stripe_checkout_session AS checkout
JOIN stripe_item AS item
  ON item.account = checkout.account
 AND item.livemode = checkout.livemode
 AND item.parent_type = 'checkout.session'
 AND item.parent_id = checkout.id
WHERE checkout.status = 'complete' AND checkout.payment_status = 'paid'
  AND checkout.deleted_at IS NULL AND item.deleted_at IS NULL
ORDER BY checkout.created, item.id;
