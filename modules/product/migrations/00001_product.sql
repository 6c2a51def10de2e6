-- Tables of the product module. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS product_collection (
  id text NOT NULL,
  title text NOT NULL,
  handle text NOT NULL,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  external_id text,
  CONSTRAINT product_collection_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_collection_handle_unique" ON product_collection (handle) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_product_collection_deleted_at" ON product_collection (deleted_at);

CREATE TABLE IF NOT EXISTS product_type (
  id text NOT NULL,
  value text NOT NULL,
  metadata json,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  external_id text,
  CONSTRAINT product_type_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_type_value_unique" ON product_type (value) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_product_type_deleted_at" ON product_type (deleted_at);

CREATE TABLE IF NOT EXISTS product_tag (
  id text NOT NULL,
  value text NOT NULL,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  external_id text,
  CONSTRAINT product_tag_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_tag_value_unique" ON product_tag (value) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_product_tag_deleted_at" ON product_tag (deleted_at);

CREATE TABLE IF NOT EXISTS product_category (
  id text NOT NULL,
  name text NOT NULL,
  description text NOT NULL DEFAULT ''::text,
  handle text NOT NULL,
  mpath text NOT NULL,
  is_active boolean NOT NULL DEFAULT false,
  is_internal boolean NOT NULL DEFAULT false,
  rank integer NOT NULL DEFAULT 0,
  parent_category_id text CONSTRAINT product_category_parent_category_id_foreign REFERENCES product_category (id) ON UPDATE CASCADE ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  metadata jsonb,
  external_id text,
  CONSTRAINT product_category_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_category_handle_unique" ON product_category (handle) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_product_category_path" ON product_category (mpath) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_product_category_parent_category_id ON product_category (parent_category_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS product (
  id text NOT NULL,
  title text NOT NULL,
  handle text NOT NULL,
  subtitle text,
  description text,
  is_giftcard boolean NOT NULL DEFAULT false,
  status text NOT NULL DEFAULT 'draft'::text CHECK (status IN ('draft', 'proposed', 'published', 'rejected')),
  thumbnail text,
  weight real,
  length real,
  height real,
  width real,
  origin_country text,
  hs_code text,
  mid_code text,
  material text,
  collection_id text CONSTRAINT product_collection_id_foreign REFERENCES product_collection (id) ON UPDATE CASCADE ON DELETE SET NULL,
  type_id text CONSTRAINT product_type_id_foreign REFERENCES product_type (id) ON UPDATE CASCADE ON DELETE SET NULL,
  discountable boolean NOT NULL DEFAULT true,
  external_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  metadata jsonb,
  CONSTRAINT product_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_product_handle_unique" ON product (handle) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_product_type_id" ON product (type_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_product_collection_id" ON product (collection_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_product_status" ON product (status) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_product_deleted_at" ON product (deleted_at);

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_product_collection_id ON product (collection_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_product_type_id ON product (type_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS product_option (
  id text NOT NULL,
  title text NOT NULL,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  is_exclusive boolean NOT NULL DEFAULT false,
  CONSTRAINT product_option_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_product_option_global_title_unique" ON product_option (title) WHERE deleted_at IS NULL AND is_exclusive = false;

CREATE INDEX IF NOT EXISTS "IDX_product_option_deleted_at" ON product_option (deleted_at);

CREATE TABLE IF NOT EXISTS product_option_value (
  id text NOT NULL,
  value text NOT NULL,
  option_id text CONSTRAINT product_option_value_option_id_foreign REFERENCES product_option (id) ON UPDATE CASCADE ON DELETE CASCADE,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  rank integer,
  CONSTRAINT product_option_value_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_option_value_option_id_unique" ON product_option_value (option_id, value) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_product_option_value_deleted_at" ON product_option_value (deleted_at);

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_product_option_value_option_id ON product_option_value (option_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS product_variant (
  id text NOT NULL,
  title text NOT NULL,
  sku text,
  barcode text,
  ean text,
  upc text,
  allow_backorder boolean NOT NULL DEFAULT false,
  manage_inventory boolean NOT NULL DEFAULT true,
  hs_code text,
  origin_country text,
  mid_code text,
  material text,
  weight real,
  length real,
  height real,
  width real,
  metadata jsonb,
  variant_rank integer DEFAULT 0,
  product_id text CONSTRAINT product_variant_product_id_foreign REFERENCES product (id) ON UPDATE CASCADE ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  thumbnail text,
  CONSTRAINT product_variant_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_product_variant_sku_unique" ON product_variant (sku) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_product_variant_barcode_unique" ON product_variant (barcode) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_product_variant_ean_unique" ON product_variant (ean) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_product_variant_upc_unique" ON product_variant (upc) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_product_variant_product_id" ON product_variant (product_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_product_variant_deleted_at" ON product_variant (deleted_at);

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_product_variant_product_id ON product_variant (product_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS image (
  id text NOT NULL,
  url text NOT NULL,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  rank integer NOT NULL DEFAULT 0,
  product_id text NOT NULL CONSTRAINT image_product_id_foreign REFERENCES product (id) ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT image_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_product_image_url" ON image (url) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_image_product_id" ON image (product_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_image_deleted_at" ON image (deleted_at) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_image_product_id ON image (product_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS product_tags (
  product_id text NOT NULL CONSTRAINT product_tags_product_id_foreign REFERENCES product (id) ON UPDATE CASCADE ON DELETE CASCADE,
  product_tag_id text NOT NULL CONSTRAINT product_tags_product_tag_id_foreign REFERENCES product_tag (id) ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT product_tags_pkey PRIMARY KEY (product_id, product_tag_id)
);

CREATE INDEX IF NOT EXISTS linkgraph_product_tags_product_tag_id ON product_tags (product_tag_id, product_id);

CREATE TABLE IF NOT EXISTS product_category_product (
  product_id text NOT NULL CONSTRAINT product_category_product_product_id_foreign REFERENCES product (id) ON UPDATE CASCADE ON DELETE CASCADE,
  product_category_id text NOT NULL CONSTRAINT product_category_product_product_category_id_foreign REFERENCES product_category (id) ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT product_category_product_pkey PRIMARY KEY (product_id, product_category_id)
);

CREATE INDEX IF NOT EXISTS linkgraph_product_category_product_product_category_id ON product_category_product (product_category_id, product_id);

CREATE TABLE IF NOT EXISTS product_product_option (
  id text NOT NULL,
  product_id text NOT NULL CONSTRAINT product_product_option_product_id_foreign REFERENCES product (id) ON UPDATE CASCADE ON DELETE CASCADE,
  product_option_id text NOT NULL CONSTRAINT product_product_option_product_option_id_foreign REFERENCES product_option (id) ON UPDATE CASCADE ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT product_product_option_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_product_product_option_deleted_at" ON product_product_option (deleted_at) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_product_product_option_product_id ON product_product_option (product_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_product_product_option_product_option_id ON product_product_option (product_option_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS product_product_option_value (
  id text NOT NULL,
  product_product_option_id text NOT NULL CONSTRAINT product_product_option_value_product_product_option_id_foreign REFERENCES product_product_option (id) ON UPDATE CASCADE ON DELETE CASCADE,
  product_option_value_id text NOT NULL CONSTRAINT product_product_option_value_product_option_value_id_foreign REFERENCES product_option_value (id) ON UPDATE CASCADE ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT product_product_option_value_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_product_product_option_value_deleted_at" ON product_product_option_value (deleted_at) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_product_product_option_value_option_id ON product_product_option_value (product_product_option_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_product_product_option_value_product_option_value_id ON product_product_option_value (product_option_value_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS product_variant_option (
  variant_id text NOT NULL CONSTRAINT product_variant_option_variant_id_foreign REFERENCES product_variant (id) ON UPDATE CASCADE ON DELETE CASCADE,
  option_value_id text NOT NULL CONSTRAINT product_variant_option_option_value_id_foreign REFERENCES product_option_value (id) ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT product_variant_option_pkey PRIMARY KEY (variant_id, option_value_id)
);

CREATE INDEX IF NOT EXISTS linkgraph_product_variant_option_option_value_id ON product_variant_option (option_value_id, variant_id);

-- +goose Down
DROP TABLE IF EXISTS product_variant_option;
DROP TABLE IF EXISTS product_product_option_value;
DROP TABLE IF EXISTS product_product_option;
DROP TABLE IF EXISTS product_category_product;
DROP TABLE IF EXISTS product_tags;
DROP TABLE IF EXISTS image;
DROP TABLE IF EXISTS product_variant;
DROP TABLE IF EXISTS product_option_value;
DROP TABLE IF EXISTS product_option;
DROP TABLE IF EXISTS product;
DROP TABLE IF EXISTS product_category;
DROP TABLE IF EXISTS product_tag;
DROP TABLE IF EXISTS product_type;
DROP TABLE IF EXISTS product_collection;
