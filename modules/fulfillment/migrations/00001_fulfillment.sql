-- Tables of the fulfillment module. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS fulfillment_set (
  id text NOT NULL,
  name text NOT NULL,
  type text NOT NULL,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT fulfillment_set_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_fulfillment_set_name_unique" ON fulfillment_set (name) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_fulfillment_set_deleted_at" ON fulfillment_set (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS service_zone (
  id text NOT NULL,
  name text NOT NULL,
  metadata jsonb,
  fulfillment_set_id text NOT NULL CONSTRAINT service_zone_fulfillment_set_id_foreign REFERENCES fulfillment_set (id) ON UPDATE CASCADE ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT service_zone_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_service_zone_name_unique" ON service_zone (name) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_service_zone_deleted_at" ON service_zone (deleted_at) WHERE deleted_at IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_service_zone_fulfillment_set_id ON service_zone (fulfillment_set_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS geo_zone (
  id text NOT NULL,
  type text NOT NULL DEFAULT 'country'::text CHECK (type IN ('country', 'province', 'city', 'zip')),
  country_code text NOT NULL,
  province_code text,
  city text,
  service_zone_id text NOT NULL CONSTRAINT geo_zone_service_zone_id_foreign REFERENCES service_zone (id) ON UPDATE CASCADE ON DELETE CASCADE,
  postal_expression jsonb,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT geo_zone_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_geo_zone_country_code" ON geo_zone (country_code) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_geo_zone_province_code" ON geo_zone (province_code) WHERE deleted_at IS NULL AND province_code IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_geo_zone_city" ON geo_zone (city) WHERE deleted_at IS NULL AND city IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_geo_zone_deleted_at" ON geo_zone (deleted_at) WHERE deleted_at IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_geo_zone_service_zone_id ON geo_zone (service_zone_id, id) WHERE deleted_at IS NULL;

-- +goose Down
DROP TABLE IF EXISTS geo_zone;
DROP TABLE IF EXISTS service_zone;
DROP TABLE IF EXISTS fulfillment_set;
