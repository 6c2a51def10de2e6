-- Images of variants. On a database that has the table nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS product_variant_product_image (
  id text NOT NULL,
  variant_id text NOT NULL,
  image_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT product_variant_product_image_pkey PRIMARY KEY (id),
  CONSTRAINT product_variant_product_image_image_id_foreign FOREIGN KEY (image_id) REFERENCES image (id) ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_product_variant_product_image_deleted_at" ON product_variant_product_image (deleted_at) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_product_variant_product_image_image_id" ON product_variant_product_image (image_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_product_variant_product_image_variant_id" ON product_variant_product_image (variant_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_product_variant_product_image_variant_id ON product_variant_product_image (variant_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_product_variant_product_image_image_id ON product_variant_product_image (image_id, id) WHERE deleted_at IS NULL;

-- +goose Down
DROP TABLE IF EXISTS product_variant_product_image;
