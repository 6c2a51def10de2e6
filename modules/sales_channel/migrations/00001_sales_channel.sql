-- Tables of the sales_channel module. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS sales_channel (
  id text NOT NULL,
  name text NOT NULL,
  description text,
  is_disabled boolean NOT NULL DEFAULT false,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT sales_channel_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_sales_channel_deleted_at" ON sales_channel (deleted_at);

-- +goose Down
DROP TABLE IF EXISTS sales_channel;
