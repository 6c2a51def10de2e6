-- Tables of the stock_location module. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS stock_location_address (
  id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  address_1 text NOT NULL,
  address_2 text,
  company text,
  city text,
  country_code text NOT NULL,
  phone text,
  province text,
  postal_code text,
  metadata jsonb,
  CONSTRAINT stock_location_address_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_stock_location_address_deleted_at" ON stock_location_address (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS stock_location (
  id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  name text NOT NULL,
  address_id text CONSTRAINT stock_location_address_id_foreign REFERENCES stock_location_address (id) ON UPDATE CASCADE ON DELETE CASCADE,
  metadata jsonb,
  CONSTRAINT stock_location_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_stock_location_address_id_unique" ON stock_location (address_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_stock_location_deleted_at" ON stock_location (deleted_at) WHERE deleted_at IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_stock_location_address_id ON stock_location (address_id, id) WHERE deleted_at IS NULL;

-- +goose Down
DROP TABLE IF EXISTS stock_location;
DROP TABLE IF EXISTS stock_location_address;
