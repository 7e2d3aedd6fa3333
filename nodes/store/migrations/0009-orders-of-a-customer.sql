-- Partners ask for a customer's orders by the storefront's id of the customer; by e-mail they could before.
ALTER TABLE orders ADD KEY customer_id (customer_id);
