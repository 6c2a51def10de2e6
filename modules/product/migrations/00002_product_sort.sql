-- The sort keys of product lists: newest first, by title.
-- +goose Up
CREATE INDEX IF NOT EXISTS linkgraph_product_created_at ON product (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX IF NOT EXISTS linkgraph_product_title ON product (title, id) WHERE deleted_at IS NULL;

-- +goose Down
DROP INDEX IF EXISTS linkgraph_product_created_at;
DROP INDEX IF EXISTS linkgraph_product_title;
