-- Further tables of the fulfillment module: shipping options and fulfillments. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS shipping_profile (
  id text NOT NULL,
  name text NOT NULL,
  type text NOT NULL,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT shipping_profile_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_shipping_profile_deleted_at" ON shipping_profile (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_shipping_profile_name_unique" ON shipping_profile (name) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS shipping_option_type (
  id text NOT NULL,
  label text NOT NULL,
  description text,
  code text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT shipping_option_type_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_shipping_option_type_deleted_at" ON shipping_option_type (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS fulfillment_provider (
  id text NOT NULL,
  is_enabled boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT fulfillment_provider_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_fulfillment_provider_deleted_at" ON fulfillment_provider (deleted_at) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS shipping_option (
  id text NOT NULL,
  name text NOT NULL,
  price_type text NOT NULL DEFAULT 'flat'::text,
  service_zone_id text NOT NULL,
  shipping_profile_id text,
  provider_id text,
  data jsonb,
  metadata jsonb,
  shipping_option_type_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT shipping_option_pkey PRIMARY KEY (id),
  CONSTRAINT shipping_option_price_type_check CHECK (price_type IN ('calculated', 'flat')),
  CONSTRAINT shipping_option_provider_id_foreign FOREIGN KEY (provider_id) REFERENCES fulfillment_provider (id) ON UPDATE CASCADE ON DELETE SET NULL,
  CONSTRAINT shipping_option_service_zone_id_foreign FOREIGN KEY (service_zone_id) REFERENCES service_zone (id) ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT shipping_option_shipping_option_type_id_foreign FOREIGN KEY (shipping_option_type_id) REFERENCES shipping_option_type (id) ON UPDATE CASCADE,
  CONSTRAINT shipping_option_shipping_profile_id_foreign FOREIGN KEY (shipping_profile_id) REFERENCES shipping_profile (id) ON UPDATE CASCADE ON DELETE SET NULL
);

CREATE INDEX IF NOT EXISTS "IDX_shipping_option_deleted_at" ON shipping_option (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_shipping_option_provider_id" ON shipping_option (provider_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_shipping_option_service_zone_id" ON shipping_option (service_zone_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_shipping_option_shipping_option_type_id" ON shipping_option (shipping_option_type_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_shipping_option_shipping_profile_id" ON shipping_option (shipping_profile_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_shipping_option_service_zone_id ON shipping_option (service_zone_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_shipping_option_shipping_profile_id ON shipping_option (shipping_profile_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_shipping_option_provider_id ON shipping_option (provider_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_shipping_option_shipping_option_type_id ON shipping_option (shipping_option_type_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS shipping_option_rule (
  id text NOT NULL,
  attribute text NOT NULL,
  operator text NOT NULL,
  value jsonb,
  shipping_option_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT shipping_option_rule_pkey PRIMARY KEY (id),
  CONSTRAINT shipping_option_rule_operator_check CHECK (operator IN ('in', 'eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'nin')),
  CONSTRAINT shipping_option_rule_shipping_option_id_foreign FOREIGN KEY (shipping_option_id) REFERENCES shipping_option (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_shipping_option_rule_deleted_at" ON shipping_option_rule (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_shipping_option_rule_shipping_option_id" ON shipping_option_rule (shipping_option_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_shipping_option_rule_shipping_option_id ON shipping_option_rule (shipping_option_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS fulfillment_address (
  id text NOT NULL,
  company text,
  first_name text,
  last_name text,
  address_1 text,
  address_2 text,
  city text,
  country_code text,
  province text,
  postal_code text,
  phone text,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT fulfillment_address_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_fulfillment_address_deleted_at" ON fulfillment_address (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS fulfillment (
  id text NOT NULL,
  location_id text NOT NULL,
  packed_at timestamptz,
  shipped_at timestamptz,
  delivered_at timestamptz,
  canceled_at timestamptz,
  data jsonb,
  provider_id text,
  shipping_option_id text,
  metadata jsonb,
  delivery_address_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  marked_shipped_by text,
  created_by text,
  requires_shipping boolean NOT NULL DEFAULT true,
  CONSTRAINT fulfillment_pkey PRIMARY KEY (id),
  CONSTRAINT fulfillment_delivery_address_id_foreign FOREIGN KEY (delivery_address_id) REFERENCES fulfillment_address (id) ON UPDATE CASCADE ON DELETE SET NULL,
  CONSTRAINT fulfillment_provider_id_foreign FOREIGN KEY (provider_id) REFERENCES fulfillment_provider (id) ON UPDATE CASCADE ON DELETE SET NULL,
  CONSTRAINT fulfillment_shipping_option_id_foreign FOREIGN KEY (shipping_option_id) REFERENCES shipping_option (id) ON UPDATE CASCADE ON DELETE SET NULL
);

CREATE INDEX IF NOT EXISTS "IDX_fulfillment_deleted_at" ON fulfillment (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_fulfillment_location_id" ON fulfillment (location_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_fulfillment_shipping_option_id" ON fulfillment (shipping_option_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_fulfillment_provider_id ON fulfillment (provider_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_fulfillment_shipping_option_id ON fulfillment (shipping_option_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_fulfillment_delivery_address_id ON fulfillment (delivery_address_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS fulfillment_item (
  id text NOT NULL,
  title text NOT NULL,
  sku text NOT NULL,
  barcode text NOT NULL,
  quantity numeric NOT NULL,
  raw_quantity jsonb NOT NULL,
  line_item_id text,
  inventory_item_id text,
  fulfillment_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT fulfillment_item_pkey PRIMARY KEY (id),
  CONSTRAINT fulfillment_item_fulfillment_id_foreign FOREIGN KEY (fulfillment_id) REFERENCES fulfillment (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_fulfillment_item_deleted_at" ON fulfillment_item (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_fulfillment_item_fulfillment_id" ON fulfillment_item (fulfillment_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_fulfillment_item_inventory_item_id" ON fulfillment_item (inventory_item_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_fulfillment_item_line_item_id" ON fulfillment_item (line_item_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_fulfillment_item_fulfillment_id ON fulfillment_item (fulfillment_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS fulfillment_label (
  id text NOT NULL,
  tracking_number text NOT NULL,
  tracking_url text NOT NULL,
  label_url text NOT NULL,
  fulfillment_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT fulfillment_label_pkey PRIMARY KEY (id),
  CONSTRAINT fulfillment_label_fulfillment_id_foreign FOREIGN KEY (fulfillment_id) REFERENCES fulfillment (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_fulfillment_label_deleted_at" ON fulfillment_label (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_fulfillment_label_fulfillment_id" ON fulfillment_label (fulfillment_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_fulfillment_label_fulfillment_id ON fulfillment_label (fulfillment_id, id) WHERE deleted_at IS NULL;

-- +goose Down
DROP TABLE IF EXISTS fulfillment_label;
DROP TABLE IF EXISTS fulfillment_item;
DROP TABLE IF EXISTS fulfillment;
DROP TABLE IF EXISTS fulfillment_address;
DROP TABLE IF EXISTS shipping_option_rule;
DROP TABLE IF EXISTS shipping_option;
DROP TABLE IF EXISTS fulfillment_provider;
DROP TABLE IF EXISTS shipping_option_type;
DROP TABLE IF EXISTS shipping_profile;
