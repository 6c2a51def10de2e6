-- Prices of a currency by amount: what lists filtered by price start from when few match.
-- +goose Up
CREATE INDEX IF NOT EXISTS linkgraph_price_currency_amount ON price (currency_code, amount) WHERE deleted_at IS NULL;

-- +goose Down
DROP INDEX IF EXISTS linkgraph_price_currency_amount;
