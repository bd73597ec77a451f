-- Description: what sells
CREATE VIEW best_sellers AS
SELECT product.sku,
       product.title,
       sum(line.quantity) AS sold,
       sum(line.quantity * product.price) AS revenue
FROM products AS product
JOIN order_lines AS line ON line.product_id = product.id
GROUP BY product.id
ORDER BY revenue DESC, product.sku;
