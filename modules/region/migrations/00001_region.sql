-- Tables of the region module. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS region (
  id text NOT NULL,
  name text NOT NULL,
  currency_code text NOT NULL,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  automatic_taxes boolean NOT NULL DEFAULT true,
  CONSTRAINT region_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_region_deleted_at" ON region (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS region_country (
  iso_2 text NOT NULL,
  iso_3 text NOT NULL,
  num_code text NOT NULL,
  name text NOT NULL,
  display_name text NOT NULL,
  region_id text,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT region_country_pkey PRIMARY KEY (iso_2),
  CONSTRAINT region_country_region_id_foreign FOREIGN KEY (region_id) REFERENCES region (id) ON UPDATE CASCADE ON DELETE SET NULL
);

CREATE INDEX IF NOT EXISTS "IDX_region_country_deleted_at" ON region_country (deleted_at) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_region_country_region_id" ON region_country (region_id) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_region_country_region_id_iso_2_unique" ON region_country (region_id, iso_2);

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_region_country_region_id ON region_country (region_id, iso_2) WHERE deleted_at IS NULL;

-- +goose Down
DROP TABLE IF EXISTS region_country;
DROP TABLE IF EXISTS region;
