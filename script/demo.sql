-- What the demo does to the table customers (id, first_name, last_name). Change it and run again.
INSERT INTO customers (first_name, last_name) VALUES ('Hello', 'World');
INSERT INTO customers (first_name, last_name) VALUES ('Goodbye', 'World');
UPDATE customers SET last_name = 'Friends' WHERE first_name = 'Hello';
DELETE FROM customers WHERE first_name = 'Goodbye';

-- From here on PostgreSQL logs whole old rows, so an update shows what it replaced.
ALTER TABLE customers REPLICA IDENTITY FULL;
UPDATE customers SET last_name = 'Replica Friends' WHERE first_name = 'Hello';
