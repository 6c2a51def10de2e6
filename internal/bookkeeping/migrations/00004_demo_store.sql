-- At most one row: the demo store was loaded here, and is not loaded again.
-- Earlier versions created this table and counted no version for it, so it may exist.
-- +goose Up
CREATE TABLE IF NOT EXISTS linkgraph.demo_store (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  made_at timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE IF EXISTS linkgraph.demo_store;
