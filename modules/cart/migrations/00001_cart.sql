-- Tables of the cart module. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS cart_address (
  id text NOT NULL,
  customer_id text,
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
  CONSTRAINT cart_address_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_cart_address_deleted_at" ON cart_address (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS cart (
  id text NOT NULL,
  region_id text,
  customer_id text,
  sales_channel_id text,
  email text,
  currency_code text NOT NULL,
  shipping_address_id text,
  billing_address_id text,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  completed_at timestamptz,
  locale text,
  CONSTRAINT cart_pkey PRIMARY KEY (id),
  CONSTRAINT cart_shipping_address_id_foreign FOREIGN KEY (shipping_address_id) REFERENCES cart_address (id) ON UPDATE CASCADE ON DELETE SET NULL,
  CONSTRAINT cart_billing_address_id_foreign FOREIGN KEY (billing_address_id) REFERENCES cart_address (id) ON UPDATE CASCADE ON DELETE SET NULL
);

CREATE INDEX IF NOT EXISTS "IDX_cart_billing_address_id" ON cart (billing_address_id) WHERE deleted_at IS NULL AND billing_address_id IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_cart_currency_code" ON cart (currency_code);

CREATE INDEX IF NOT EXISTS "IDX_cart_customer_id" ON cart (customer_id) WHERE deleted_at IS NULL AND customer_id IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_cart_deleted_at" ON cart (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_cart_region_id" ON cart (region_id) WHERE deleted_at IS NULL AND region_id IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_cart_sales_channel_id" ON cart (sales_channel_id) WHERE deleted_at IS NULL AND sales_channel_id IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_cart_shipping_address_id" ON cart (shipping_address_id) WHERE deleted_at IS NULL AND shipping_address_id IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_cart_region_id ON cart (region_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_cart_customer_id ON cart (customer_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_cart_sales_channel_id ON cart (sales_channel_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS cart_line_item (
  id text NOT NULL,
  cart_id text NOT NULL,
  title text NOT NULL,
  subtitle text,
  thumbnail text,
  quantity integer NOT NULL,
  variant_id text,
  product_id text,
  product_title text,
  product_description text,
  product_subtitle text,
  product_type text,
  product_collection text,
  product_handle text,
  variant_sku text,
  variant_barcode text,
  variant_title text,
  variant_option_values jsonb,
  requires_shipping boolean NOT NULL DEFAULT true,
  is_discountable boolean NOT NULL DEFAULT true,
  is_tax_inclusive boolean NOT NULL DEFAULT false,
  compare_at_unit_price numeric,
  raw_compare_at_unit_price jsonb,
  unit_price numeric NOT NULL,
  raw_unit_price jsonb NOT NULL,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  product_type_id text,
  is_custom_price boolean NOT NULL DEFAULT false,
  is_giftcard boolean NOT NULL DEFAULT false,
  CONSTRAINT cart_line_item_pkey PRIMARY KEY (id),
  CONSTRAINT cart_line_item_cart_id_foreign FOREIGN KEY (cart_id) REFERENCES cart (id) ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT cart_line_item_unit_price_check CHECK (unit_price >= 0)
);

CREATE INDEX IF NOT EXISTS "IDX_cart_line_item_cart_id" ON cart_line_item (cart_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_cart_line_item_deleted_at" ON cart_line_item (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_line_item_product_id" ON cart_line_item (product_id) WHERE deleted_at IS NULL AND product_id IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_line_item_variant_id" ON cart_line_item (variant_id) WHERE deleted_at IS NULL AND variant_id IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_cart_line_item_cart_id ON cart_line_item (cart_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_cart_line_item_variant_id ON cart_line_item (variant_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_cart_line_item_product_id ON cart_line_item (product_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS cart_line_item_adjustment (
  id text NOT NULL,
  description text,
  promotion_id text,
  code text,
  amount numeric NOT NULL,
  raw_amount jsonb NOT NULL,
  provider_id text,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  item_id text,
  is_tax_inclusive boolean NOT NULL DEFAULT false,
  CONSTRAINT cart_line_item_adjustment_pkey PRIMARY KEY (id),
  CONSTRAINT cart_line_item_adjustment_item_id_foreign FOREIGN KEY (item_id) REFERENCES cart_line_item (id) ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT cart_line_item_adjustment_check CHECK (amount >= 0)
);

CREATE INDEX IF NOT EXISTS "IDX_cart_line_item_adjustment_deleted_at" ON cart_line_item_adjustment (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_cart_line_item_adjustment_item_id" ON cart_line_item_adjustment (item_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_line_item_adjustment_promotion_id" ON cart_line_item_adjustment (promotion_id) WHERE deleted_at IS NULL AND promotion_id IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_cart_line_item_adjustment_promotion_id ON cart_line_item_adjustment (promotion_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_cart_line_item_adjustment_item_id ON cart_line_item_adjustment (item_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS cart_line_item_tax_line (
  id text NOT NULL,
  description text,
  tax_rate_id text,
  code text NOT NULL,
  rate real NOT NULL,
  provider_id text,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  item_id text,
  data jsonb,
  CONSTRAINT cart_line_item_tax_line_pkey PRIMARY KEY (id),
  CONSTRAINT cart_line_item_tax_line_item_id_foreign FOREIGN KEY (item_id) REFERENCES cart_line_item (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_cart_line_item_tax_line_deleted_at" ON cart_line_item_tax_line (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_cart_line_item_tax_line_item_id" ON cart_line_item_tax_line (item_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_line_item_tax_line_tax_rate_id" ON cart_line_item_tax_line (tax_rate_id) WHERE deleted_at IS NULL AND tax_rate_id IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_cart_line_item_tax_line_item_id ON cart_line_item_tax_line (item_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS cart_shipping_method (
  id text NOT NULL,
  cart_id text NOT NULL,
  name text NOT NULL,
  description jsonb,
  amount numeric NOT NULL,
  raw_amount jsonb NOT NULL,
  is_tax_inclusive boolean NOT NULL DEFAULT false,
  shipping_option_id text,
  data jsonb,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT cart_shipping_method_pkey PRIMARY KEY (id),
  CONSTRAINT cart_shipping_method_cart_id_foreign FOREIGN KEY (cart_id) REFERENCES cart (id) ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT cart_shipping_method_check CHECK (amount >= 0)
);

CREATE INDEX IF NOT EXISTS "IDX_cart_shipping_method_cart_id" ON cart_shipping_method (cart_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_cart_shipping_method_deleted_at" ON cart_shipping_method (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_shipping_method_option_id" ON cart_shipping_method (shipping_option_id) WHERE deleted_at IS NULL AND shipping_option_id IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_cart_shipping_method_cart_id ON cart_shipping_method (cart_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_cart_shipping_method_shipping_option_id ON cart_shipping_method (shipping_option_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS cart_shipping_method_adjustment (
  id text NOT NULL,
  description text,
  promotion_id text,
  code text,
  amount numeric NOT NULL,
  raw_amount jsonb NOT NULL,
  provider_id text,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  shipping_method_id text,
  CONSTRAINT cart_shipping_method_adjustment_pkey PRIMARY KEY (id),
  CONSTRAINT cart_shipping_method_adjustment_shipping_method_id_foreign FOREIGN KEY (shipping_method_id) REFERENCES cart_shipping_method (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_cart_shipping_method_adjustment_deleted_at" ON cart_shipping_method_adjustment (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_cart_shipping_method_adjustment_shipping_method_id" ON cart_shipping_method_adjustment (shipping_method_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_shipping_method_adjustment_promotion_id" ON cart_shipping_method_adjustment (promotion_id) WHERE deleted_at IS NULL AND promotion_id IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_cart_shipping_method_adjustment_shipping_method_id ON cart_shipping_method_adjustment (shipping_method_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS cart_shipping_method_tax_line (
  id text NOT NULL,
  description text,
  tax_rate_id text,
  code text NOT NULL,
  rate real NOT NULL,
  provider_id text,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  shipping_method_id text,
  data jsonb,
  CONSTRAINT cart_shipping_method_tax_line_pkey PRIMARY KEY (id),
  CONSTRAINT cart_shipping_method_tax_line_shipping_method_id_foreign FOREIGN KEY (shipping_method_id) REFERENCES cart_shipping_method (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_cart_shipping_method_tax_line_deleted_at" ON cart_shipping_method_tax_line (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_cart_shipping_method_tax_line_shipping_method_id" ON cart_shipping_method_tax_line (shipping_method_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_shipping_method_tax_line_tax_rate_id" ON cart_shipping_method_tax_line (tax_rate_id) WHERE deleted_at IS NULL AND tax_rate_id IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_cart_shipping_method_tax_line_shipping_method_id ON cart_shipping_method_tax_line (shipping_method_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS credit_line (
  id text NOT NULL,
  cart_id text NOT NULL,
  reference text,
  reference_id text,
  amount numeric NOT NULL,
  raw_amount jsonb NOT NULL,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT credit_line_pkey PRIMARY KEY (id),
  CONSTRAINT credit_line_cart_id_foreign FOREIGN KEY (cart_id) REFERENCES cart (id) ON UPDATE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_cart_credit_line_reference_reference_id" ON credit_line (reference, reference_id) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_credit_line_cart_id" ON credit_line (cart_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_credit_line_deleted_at" ON credit_line (deleted_at) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_credit_line_cart_id ON credit_line (cart_id, id) WHERE deleted_at IS NULL;

-- +goose Down
DROP TABLE IF EXISTS credit_line;
DROP TABLE IF EXISTS cart_shipping_method_tax_line;
DROP TABLE IF EXISTS cart_shipping_method_adjustment;
DROP TABLE IF EXISTS cart_shipping_method;
DROP TABLE IF EXISTS cart_line_item_tax_line;
DROP TABLE IF EXISTS cart_line_item_adjustment;
DROP TABLE IF EXISTS cart_line_item;
DROP TABLE IF EXISTS cart;
DROP TABLE IF EXISTS cart_address;
