-- Tables of the inventory module. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS inventory_item (
  id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  sku text,
  origin_country text,
  hs_code text,
  mid_code text,
  material text,
  weight integer,
  length integer,
  height integer,
  width integer,
  requires_shipping boolean NOT NULL DEFAULT true,
  description text,
  title text,
  thumbnail text,
  metadata jsonb,
  unit_of_measure text,
  CONSTRAINT inventory_item_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_inventory_item_sku" ON inventory_item (sku) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_inventory_item_deleted_at" ON inventory_item (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS inventory_level (
  id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  inventory_item_id text NOT NULL CONSTRAINT inventory_level_inventory_item_id_foreign REFERENCES inventory_item (id) ON UPDATE CASCADE ON DELETE CASCADE,
  location_id text NOT NULL,
  stocked_quantity numeric NOT NULL DEFAULT 0,
  reserved_quantity numeric NOT NULL DEFAULT 0,
  incoming_quantity numeric NOT NULL DEFAULT 0,
  metadata jsonb,
  raw_stocked_quantity jsonb,
  raw_reserved_quantity jsonb,
  raw_incoming_quantity jsonb,
  CONSTRAINT inventory_level_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_inventory_level_location_id_inventory_item_id" ON inventory_level (inventory_item_id, location_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_inventory_level_location_id" ON inventory_level (location_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_inventory_level_deleted_at" ON inventory_level (deleted_at) WHERE deleted_at IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_inventory_level_inventory_item_id ON inventory_level (inventory_item_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS reservation_item (
  id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  line_item_id text,
  location_id text NOT NULL,
  quantity numeric NOT NULL,
  external_id text,
  description text,
  created_by text,
  metadata jsonb,
  inventory_item_id text NOT NULL CONSTRAINT reservation_item_inventory_item_id_foreign REFERENCES inventory_item (id) ON UPDATE CASCADE ON DELETE CASCADE,
  allow_backorder boolean DEFAULT false,
  raw_quantity jsonb,
  CONSTRAINT reservation_item_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_reservation_item_inventory_item_id" ON reservation_item (inventory_item_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_reservation_item_location_id" ON reservation_item (location_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_reservation_item_line_item_id" ON reservation_item (line_item_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_reservation_item_deleted_at" ON reservation_item (deleted_at) WHERE deleted_at IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_reservation_item_inventory_item_id ON reservation_item (inventory_item_id, id) WHERE deleted_at IS NULL;

-- Levels of one location, which a link reads.
CREATE INDEX IF NOT EXISTS linkgraph_inventory_level_location_id ON inventory_level (location_id, id) WHERE deleted_at IS NULL;

-- +goose Down
DROP TABLE IF EXISTS reservation_item;
DROP TABLE IF EXISTS inventory_level;
DROP TABLE IF EXISTS inventory_item;
