-- Description: keep the total of an order in line with its lines
CREATE FUNCTION refresh_order_total() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    changed bigint := coalesce(NEW.order_id, OLD.order_id);
BEGIN
    UPDATE orders
    SET total = coalesce((
        SELECT sum(line.quantity * product.price)
        FROM order_lines AS line
        JOIN products AS product ON product.id = line.product_id
        WHERE line.order_id = changed), 0)
    WHERE id = changed;
    RETURN NULL;
END;
$body$;

CREATE TRIGGER order_lines_total
AFTER INSERT OR UPDATE OR DELETE ON order_lines
FOR EACH ROW EXECUTE FUNCTION refresh_order_total();
