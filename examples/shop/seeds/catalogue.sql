-- Data to look at. May be loaded again: nothing is added twice.
BEGIN;

INSERT INTO products (sku, title, price) VALUES
    ('TEA-001', 'Green tea, 100 g', 7.90),
    ('TEA-002', 'Black tea, 100 g', 6.50),
    ('POT-001', 'Cast iron pot', 48.00),
    ('CUP-001', 'Cup', 9.20)
ON CONFLICT (sku) DO NOTHING;

INSERT INTO customers (email, name) VALUES
    ('ada@example.org', 'Ada'),
    ('alan@example.org', 'Alan')
ON CONFLICT (email) DO NOTHING;

WITH placed AS (
    INSERT INTO orders (customer_id)
    SELECT id FROM customers
    WHERE NOT EXISTS (SELECT FROM orders)
    RETURNING id, customer_id
)
INSERT INTO order_lines (order_id, product_id, quantity)
SELECT placed.id, product.id, CASE WHEN product.sku LIKE 'TEA%' THEN 3 ELSE 1 END
FROM placed
JOIN customers AS customer ON customer.id = placed.customer_id
JOIN products AS product ON customer.name = 'Ada' OR product.sku LIKE 'TEA%';

COMMIT;
