-- Tables of the store module. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS store (
  id text NOT NULL,
  name text NOT NULL DEFAULT 'Medusa Store'::text,
  default_sales_channel_id text,
  default_region_id text,
  default_location_id text,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT store_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_store_deleted_at" ON store (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS store_currency (
  id text NOT NULL,
  currency_code text NOT NULL,
  is_default boolean NOT NULL DEFAULT false,
  store_id text CONSTRAINT store_currency_store_id_foreign REFERENCES store (id) ON UPDATE CASCADE ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT store_currency_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_store_currency_store_id" ON store_currency (store_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_store_currency_deleted_at" ON store_currency (deleted_at) WHERE deleted_at IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_store_currency_store_id ON store_currency (store_id, id) WHERE deleted_at IS NULL;

-- Store currencies of one currency, which a link reads.
CREATE INDEX IF NOT EXISTS linkgraph_store_currency_currency_code ON store_currency (currency_code, id) WHERE deleted_at IS NULL;

-- +goose Down
DROP TABLE IF EXISTS store_currency;
DROP TABLE IF EXISTS store;
