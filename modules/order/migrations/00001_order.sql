-- Tables of the order module. On a database that has them nothing changes.
-- +goose Up
-- +goose StatementBegin
DO $$
BEGIN
  CREATE TYPE order_status_enum AS ENUM ('pending', 'completed', 'draft', 'archived', 'canceled', 'requires_action');
EXCEPTION
  WHEN duplicate_object THEN NULL;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
BEGIN
  CREATE TYPE return_status_enum AS ENUM ('open', 'requested', 'received', 'partially_received', 'canceled');
EXCEPTION
  WHEN duplicate_object THEN NULL;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
BEGIN
  CREATE TYPE order_claim_type_enum AS ENUM ('refund', 'replace');
EXCEPTION
  WHEN duplicate_object THEN NULL;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
BEGIN
  CREATE TYPE claim_reason_enum AS ENUM ('missing_item', 'wrong_item', 'production_failure', 'other');
EXCEPTION
  WHEN duplicate_object THEN NULL;
END
$$;
-- +goose StatementEnd

CREATE TABLE IF NOT EXISTS order_address (
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
  CONSTRAINT order_address_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_order_address_customer_id" ON order_address (customer_id);

CREATE INDEX IF NOT EXISTS "IDX_order_address_deleted_at" ON order_address (deleted_at) WHERE deleted_at IS NULL;

CREATE SEQUENCE IF NOT EXISTS order_display_id_seq AS integer;

CREATE TABLE IF NOT EXISTS "order" (
  id text NOT NULL,
  region_id text,
  display_id integer DEFAULT nextval('order_display_id_seq'),
  customer_id text,
  version integer NOT NULL DEFAULT 1,
  sales_channel_id text,
  status order_status_enum NOT NULL DEFAULT 'pending'::order_status_enum,
  is_draft_order boolean NOT NULL DEFAULT false,
  email text,
  currency_code text NOT NULL,
  shipping_address_id text,
  billing_address_id text,
  no_notification boolean,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  canceled_at timestamptz,
  custom_display_id text,
  locale text,
  CONSTRAINT order_pkey PRIMARY KEY (id),
  CONSTRAINT order_shipping_address_id_foreign FOREIGN KEY (shipping_address_id) REFERENCES order_address (id) ON UPDATE CASCADE ON DELETE SET NULL,
  CONSTRAINT order_billing_address_id_foreign FOREIGN KEY (billing_address_id) REFERENCES order_address (id) ON UPDATE CASCADE ON DELETE SET NULL
);

CREATE INDEX IF NOT EXISTS "IDX_order_billing_address_id" ON "order" (billing_address_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_currency_code" ON "order" (currency_code) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_order_custom_display_id" ON "order" (custom_display_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_customer_id" ON "order" (customer_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_deleted_at" ON "order" (deleted_at);

CREATE INDEX IF NOT EXISTS "IDX_order_display_id" ON "order" (display_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_is_draft_order" ON "order" (is_draft_order) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_region_id" ON "order" (region_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_sales_channel_id" ON "order" (sales_channel_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_shipping_address_id" ON "order" (shipping_address_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_region_id ON "order" (region_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_customer_id ON "order" (customer_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_sales_channel_id ON "order" (sales_channel_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_line_item (
  id text NOT NULL,
  totals_id text,
  title text NOT NULL,
  subtitle text,
  thumbnail text,
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
  is_custom_price boolean NOT NULL DEFAULT false,
  product_type_id text,
  is_giftcard boolean NOT NULL DEFAULT false,
  CONSTRAINT order_line_item_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_line_item_product_type_id" ON order_line_item (product_type_id) WHERE deleted_at IS NULL AND product_type_id IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_line_item_product_id" ON order_line_item (product_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_line_item_variant_id" ON order_line_item (variant_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_line_item_variant_id ON order_line_item (variant_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_line_item_product_id ON order_line_item (product_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_item (
  id text NOT NULL,
  order_id text NOT NULL,
  version integer NOT NULL,
  item_id text NOT NULL,
  quantity numeric NOT NULL,
  raw_quantity jsonb NOT NULL,
  fulfilled_quantity numeric NOT NULL,
  raw_fulfilled_quantity jsonb NOT NULL DEFAULT '{"value": "0", "precision": 20}'::jsonb,
  shipped_quantity numeric NOT NULL,
  raw_shipped_quantity jsonb NOT NULL DEFAULT '{"value": "0", "precision": 20}'::jsonb,
  return_requested_quantity numeric NOT NULL,
  raw_return_requested_quantity jsonb NOT NULL DEFAULT '{"value": "0", "precision": 20}'::jsonb,
  return_received_quantity numeric NOT NULL,
  raw_return_received_quantity jsonb NOT NULL DEFAULT '{"value": "0", "precision": 20}'::jsonb,
  return_dismissed_quantity numeric NOT NULL,
  raw_return_dismissed_quantity jsonb NOT NULL DEFAULT '{"value": "0", "precision": 20}'::jsonb,
  written_off_quantity numeric NOT NULL,
  raw_written_off_quantity jsonb NOT NULL DEFAULT '{"value": "0", "precision": 20}'::jsonb,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  delivered_quantity numeric NOT NULL DEFAULT 0,
  raw_delivered_quantity jsonb NOT NULL DEFAULT '{"value": "0", "precision": 20}'::jsonb,
  unit_price numeric,
  raw_unit_price jsonb,
  compare_at_unit_price numeric,
  raw_compare_at_unit_price jsonb,
  CONSTRAINT order_item_pkey PRIMARY KEY (id),
  CONSTRAINT order_item_order_id_foreign FOREIGN KEY (order_id) REFERENCES "order" (id) ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT order_item_item_id_foreign FOREIGN KEY (item_id) REFERENCES order_line_item (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_order_item_deleted_at" ON order_item (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_item_item_id" ON order_item (item_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_item_order_id" ON order_item (order_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_item_order_id_version" ON order_item (order_id, version) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_item_order_id_version ON order_item (order_id, version, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_item_item_id ON order_item (item_id, id) WHERE deleted_at IS NULL;

-- Line items and order items refer to each other.
-- +goose StatementBegin
DO $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_constraint
    WHERE conname = 'order_line_item_totals_id_foreign' AND conrelid = 'order_line_item'::regclass
  ) THEN
    ALTER TABLE order_line_item ADD CONSTRAINT order_line_item_totals_id_foreign FOREIGN KEY (totals_id) REFERENCES order_item (id) ON UPDATE CASCADE ON DELETE CASCADE;
  END IF;
END
$$;
-- +goose StatementEnd

CREATE TABLE IF NOT EXISTS order_line_item_adjustment (
  id text NOT NULL,
  description text,
  promotion_id text,
  code text,
  amount numeric NOT NULL,
  raw_amount jsonb NOT NULL,
  provider_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  item_id text NOT NULL,
  deleted_at timestamptz,
  is_tax_inclusive boolean NOT NULL DEFAULT false,
  version integer NOT NULL DEFAULT 1,
  CONSTRAINT order_line_item_adjustment_pkey PRIMARY KEY (id),
  CONSTRAINT order_line_item_adjustment_item_id_foreign FOREIGN KEY (item_id) REFERENCES order_line_item (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_order_line_item_adjustment_item_id" ON order_line_item_adjustment (item_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_line_item_adjustment_item_id ON order_line_item_adjustment (item_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_line_item_tax_line (
  id text NOT NULL,
  description text,
  tax_rate_id text,
  code text NOT NULL,
  rate numeric NOT NULL,
  raw_rate jsonb NOT NULL,
  provider_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  item_id text NOT NULL,
  deleted_at timestamptz,
  metadata jsonb,
  data jsonb,
  CONSTRAINT order_line_item_tax_line_pkey PRIMARY KEY (id),
  CONSTRAINT order_line_item_tax_line_item_id_foreign FOREIGN KEY (item_id) REFERENCES order_line_item (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_order_line_item_tax_line_item_id" ON order_line_item_tax_line (item_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_line_item_tax_line_item_id ON order_line_item_tax_line (item_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_shipping_method (
  id text NOT NULL,
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
  is_custom_amount boolean NOT NULL DEFAULT false,
  CONSTRAINT order_shipping_method_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_order_shipping_method_shipping_option_id" ON order_shipping_method (shipping_option_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_shipping_method_shipping_option_id ON order_shipping_method (shipping_option_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_shipping_method_adjustment (
  id text NOT NULL,
  description text,
  promotion_id text,
  code text,
  amount numeric NOT NULL,
  raw_amount jsonb NOT NULL,
  provider_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  shipping_method_id text NOT NULL,
  deleted_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  CONSTRAINT order_shipping_method_adjustment_pkey PRIMARY KEY (id),
  CONSTRAINT order_shipping_method_adjustment_shipping_method_id_foreign FOREIGN KEY (shipping_method_id) REFERENCES order_shipping_method (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_order_shipping_method_adjustment_shipping_method_id" ON order_shipping_method_adjustment (shipping_method_id) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_order_shipping_method_adjustment_version_shipping_method" ON order_shipping_method_adjustment (version, shipping_method_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_shipping_method_adjustment_shipping_method_id ON order_shipping_method_adjustment (shipping_method_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_shipping_method_tax_line (
  id text NOT NULL,
  description text,
  tax_rate_id text,
  code text NOT NULL,
  rate numeric NOT NULL,
  raw_rate jsonb NOT NULL,
  provider_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  shipping_method_id text NOT NULL,
  deleted_at timestamptz,
  metadata jsonb,
  data jsonb,
  CONSTRAINT order_shipping_method_tax_line_pkey PRIMARY KEY (id),
  CONSTRAINT order_shipping_method_tax_line_shipping_method_id_foreign FOREIGN KEY (shipping_method_id) REFERENCES order_shipping_method (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_order_shipping_method_tax_line_shipping_method_id" ON order_shipping_method_tax_line (shipping_method_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_shipping_method_tax_line_shipping_method_id ON order_shipping_method_tax_line (shipping_method_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_shipping (
  id text NOT NULL,
  order_id text NOT NULL,
  version integer NOT NULL,
  shipping_method_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  return_id text,
  claim_id text,
  exchange_id text,
  CONSTRAINT order_shipping_pkey PRIMARY KEY (id),
  CONSTRAINT order_shipping_order_id_foreign FOREIGN KEY (order_id) REFERENCES "order" (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_order_shipping_claim_id" ON order_shipping (claim_id) WHERE claim_id IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_shipping_deleted_at" ON order_shipping (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_shipping_exchange_id" ON order_shipping (exchange_id) WHERE exchange_id IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_shipping_item_id" ON order_shipping (shipping_method_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_shipping_order_id" ON order_shipping (order_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_shipping_order_id_version" ON order_shipping (order_id, version) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_shipping_return_id" ON order_shipping (return_id) WHERE return_id IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_shipping_shipping_method_id" ON order_shipping (shipping_method_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_shipping_order_id_version ON order_shipping (order_id, version, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_shipping_shipping_method_id ON order_shipping (shipping_method_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_shipping_return_id ON order_shipping (return_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_shipping_claim_id ON order_shipping (claim_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_shipping_exchange_id ON order_shipping (exchange_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_summary (
  id text NOT NULL,
  order_id text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  totals jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT order_summary_pkey PRIMARY KEY (id),
  CONSTRAINT order_summary_order_id_foreign FOREIGN KEY (order_id) REFERENCES "order" (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_order_summary_deleted_at" ON order_summary (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_summary_order_id_version" ON order_summary (order_id, version) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_summary_order_id_version ON order_summary (order_id, version, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_credit_line (
  id text NOT NULL,
  order_id text NOT NULL,
  reference text,
  reference_id text,
  amount numeric NOT NULL,
  raw_amount jsonb NOT NULL,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  CONSTRAINT order_credit_line_pkey PRIMARY KEY (id),
  CONSTRAINT order_credit_line_order_id_foreign FOREIGN KEY (order_id) REFERENCES "order" (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_order_credit_line_deleted_at" ON order_credit_line (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_credit_line_order_id" ON order_credit_line (order_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_credit_line_order_id_version" ON order_credit_line (order_id, version) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_credit_line_order_id ON order_credit_line (order_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_transaction (
  id text NOT NULL,
  order_id text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  amount numeric NOT NULL,
  raw_amount jsonb NOT NULL,
  currency_code text NOT NULL,
  reference text,
  reference_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  return_id text,
  claim_id text,
  exchange_id text,
  CONSTRAINT order_transaction_pkey PRIMARY KEY (id),
  CONSTRAINT order_transaction_order_id_foreign FOREIGN KEY (order_id) REFERENCES "order" (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_order_transaction_claim_id" ON order_transaction (claim_id) WHERE claim_id IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_transaction_currency_code" ON order_transaction (currency_code) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_transaction_exchange_id" ON order_transaction (exchange_id) WHERE exchange_id IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_transaction_order_id" ON order_transaction (order_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_transaction_order_id_version" ON order_transaction (order_id, version) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_transaction_reference_id" ON order_transaction (reference_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_transaction_return_id" ON order_transaction (return_id) WHERE return_id IS NOT NULL AND deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_transaction_order_id ON order_transaction (order_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_transaction_return_id ON order_transaction (return_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_transaction_claim_id ON order_transaction (claim_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_transaction_exchange_id ON order_transaction (exchange_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_change (
  id text NOT NULL,
  order_id text NOT NULL,
  version integer NOT NULL,
  description text,
  status text NOT NULL DEFAULT 'pending'::text,
  internal_note text,
  created_by text,
  requested_by text,
  requested_at timestamptz,
  confirmed_by text,
  confirmed_at timestamptz,
  declined_by text,
  declined_reason text,
  metadata jsonb,
  declined_at timestamptz,
  canceled_by text,
  canceled_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  change_type text,
  deleted_at timestamptz,
  return_id text,
  claim_id text,
  exchange_id text,
  carry_over_promotions boolean,
  no_notification boolean,
  CONSTRAINT order_change_pkey PRIMARY KEY (id),
  CONSTRAINT order_change_order_id_foreign FOREIGN KEY (order_id) REFERENCES "order" (id) ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT order_change_status_check CHECK (status IN ('confirmed', 'declined', 'requested', 'pending', 'canceled'))
);

CREATE INDEX IF NOT EXISTS "IDX_order_change_change_type" ON order_change (change_type);

CREATE INDEX IF NOT EXISTS "IDX_order_change_claim_id" ON order_change (claim_id) WHERE claim_id IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_change_deleted_at" ON order_change (deleted_at);

CREATE INDEX IF NOT EXISTS "IDX_order_change_exchange_id" ON order_change (exchange_id) WHERE exchange_id IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_change_order_id" ON order_change (order_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_change_order_id_version" ON order_change (order_id, version);

CREATE INDEX IF NOT EXISTS "IDX_order_change_return_id" ON order_change (return_id) WHERE return_id IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_change_status" ON order_change (status) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_change_version" ON order_change (order_id, version) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_change_order_id ON order_change (order_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_change_return_id ON order_change (return_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_change_claim_id ON order_change (claim_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_change_exchange_id ON order_change (exchange_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_change_action (
  id text NOT NULL,
  order_id text,
  version integer,
  ordering bigserial,
  order_change_id text,
  reference text,
  reference_id text,
  action text NOT NULL,
  details jsonb,
  amount numeric,
  raw_amount jsonb,
  internal_note text,
  applied boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  return_id text,
  claim_id text,
  exchange_id text,
  CONSTRAINT order_change_action_pkey PRIMARY KEY (id),
  CONSTRAINT order_change_action_order_change_id_foreign FOREIGN KEY (order_change_id) REFERENCES order_change (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_order_change_action_claim_id" ON order_change_action (claim_id) WHERE claim_id IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_change_action_deleted_at" ON order_change_action (deleted_at);

CREATE INDEX IF NOT EXISTS "IDX_order_change_action_exchange_id" ON order_change_action (exchange_id) WHERE exchange_id IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_change_action_order_change_id" ON order_change_action (order_change_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_change_action_order_id" ON order_change_action (order_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_change_action_ordering" ON order_change_action (ordering) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_change_action_return_id" ON order_change_action (return_id) WHERE return_id IS NOT NULL AND deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_change_action_order_id ON order_change_action (order_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_change_action_order_change_id ON order_change_action (order_change_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_change_action_return_id ON order_change_action (return_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_change_action_claim_id ON order_change_action (claim_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_change_action_exchange_id ON order_change_action (exchange_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS return_reason (
  id varchar NOT NULL,
  value varchar NOT NULL,
  label varchar NOT NULL,
  description varchar,
  metadata jsonb,
  parent_return_reason_id varchar,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT return_reason_pkey PRIMARY KEY (id),
  CONSTRAINT return_reason_parent_return_reason_id_foreign FOREIGN KEY (parent_return_reason_id) REFERENCES return_reason (id)
);

CREATE INDEX IF NOT EXISTS "IDX_return_reason_parent_return_reason_id" ON return_reason (parent_return_reason_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_return_reason_value" ON return_reason (value) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_return_reason_parent_return_reason_id ON return_reason (parent_return_reason_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS return (
  id text NOT NULL,
  order_id text NOT NULL,
  claim_id text,
  exchange_id text,
  order_version integer NOT NULL,
  display_id serial,
  status return_status_enum NOT NULL DEFAULT 'open'::return_status_enum,
  no_notification boolean,
  refund_amount numeric,
  raw_refund_amount jsonb,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  received_at timestamptz,
  canceled_at timestamptz,
  location_id text,
  requested_at timestamptz,
  created_by text,
  CONSTRAINT return_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_return_claim_id" ON return (claim_id) WHERE claim_id IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_return_display_id" ON return (display_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_return_exchange_id" ON return (exchange_id) WHERE exchange_id IS NOT NULL AND deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_return_order_id" ON return (order_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_return_order_id ON return (order_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS return_item (
  id text NOT NULL,
  return_id text NOT NULL,
  reason_id text,
  item_id text NOT NULL,
  quantity numeric NOT NULL,
  raw_quantity jsonb NOT NULL,
  received_quantity numeric NOT NULL DEFAULT 0,
  raw_received_quantity jsonb NOT NULL DEFAULT '{"value": "0", "precision": 20}'::jsonb,
  note text,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  damaged_quantity numeric NOT NULL DEFAULT 0,
  raw_damaged_quantity jsonb NOT NULL DEFAULT '{"value": "0", "precision": 20}'::jsonb,
  CONSTRAINT return_item_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_return_item_deleted_at" ON return_item (deleted_at) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_return_item_item_id" ON return_item (item_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_return_item_reason_id" ON return_item (reason_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_return_item_return_id" ON return_item (return_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_return_item_return_id ON return_item (return_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_return_item_reason_id ON return_item (reason_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_return_item_item_id ON return_item (item_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_claim (
  id text NOT NULL,
  order_id text NOT NULL,
  return_id text,
  order_version integer NOT NULL,
  display_id serial,
  type order_claim_type_enum NOT NULL,
  no_notification boolean,
  refund_amount numeric,
  raw_refund_amount jsonb,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  canceled_at timestamptz,
  created_by text,
  CONSTRAINT order_claim_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_order_claim_deleted_at" ON order_claim (deleted_at) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_claim_display_id" ON order_claim (display_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_claim_order_id" ON order_claim (order_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_claim_return_id" ON order_claim (return_id) WHERE return_id IS NOT NULL AND deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_claim_order_id ON order_claim (order_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_claim_item (
  id text NOT NULL,
  claim_id text NOT NULL,
  item_id text NOT NULL,
  is_additional_item boolean NOT NULL DEFAULT false,
  reason claim_reason_enum,
  quantity numeric NOT NULL,
  raw_quantity jsonb NOT NULL,
  note text,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT order_claim_item_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_order_claim_item_claim_id" ON order_claim_item (claim_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_claim_item_deleted_at" ON order_claim_item (deleted_at) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_claim_item_item_id" ON order_claim_item (item_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_claim_item_claim_id ON order_claim_item (claim_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_claim_item_item_id ON order_claim_item (item_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_claim_item_image (
  id text NOT NULL,
  claim_item_id text NOT NULL,
  url text NOT NULL,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT order_claim_item_image_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_order_claim_item_image_claim_item_id" ON order_claim_item_image (claim_item_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_claim_item_image_deleted_at" ON order_claim_item_image (deleted_at) WHERE deleted_at IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_claim_item_image_claim_item_id ON order_claim_item_image (claim_item_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_exchange (
  id text NOT NULL,
  order_id text NOT NULL,
  return_id text,
  order_version integer NOT NULL,
  display_id serial,
  no_notification boolean,
  allow_backorder boolean NOT NULL DEFAULT false,
  difference_due numeric,
  raw_difference_due jsonb,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  canceled_at timestamptz,
  created_by text,
  CONSTRAINT order_exchange_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_order_exchange_deleted_at" ON order_exchange (deleted_at) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_exchange_display_id" ON order_exchange (display_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_exchange_order_id" ON order_exchange (order_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_exchange_return_id" ON order_exchange (return_id) WHERE return_id IS NOT NULL AND deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_exchange_order_id ON order_exchange (order_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS order_exchange_item (
  id text NOT NULL,
  exchange_id text NOT NULL,
  item_id text NOT NULL,
  quantity numeric NOT NULL,
  raw_quantity jsonb NOT NULL,
  note text,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT order_exchange_item_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_order_exchange_item_deleted_at" ON order_exchange_item (deleted_at) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_exchange_item_exchange_id" ON order_exchange_item (exchange_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_order_exchange_item_item_id" ON order_exchange_item (item_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_exchange_item_exchange_id ON order_exchange_item (exchange_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_order_exchange_item_item_id ON order_exchange_item (item_id, id) WHERE deleted_at IS NULL;

-- +goose Down
ALTER TABLE IF EXISTS order_line_item DROP CONSTRAINT IF EXISTS order_line_item_totals_id_foreign;
DROP TABLE IF EXISTS order_exchange_item;
DROP TABLE IF EXISTS order_exchange;
DROP TABLE IF EXISTS order_claim_item_image;
DROP TABLE IF EXISTS order_claim_item;
DROP TABLE IF EXISTS order_claim;
DROP TABLE IF EXISTS return_item;
DROP TABLE IF EXISTS return;
DROP TABLE IF EXISTS return_reason;
DROP TABLE IF EXISTS order_change_action;
DROP TABLE IF EXISTS order_change;
DROP TABLE IF EXISTS order_transaction;
DROP TABLE IF EXISTS order_credit_line;
DROP TABLE IF EXISTS order_summary;
DROP TABLE IF EXISTS order_shipping;
DROP TABLE IF EXISTS order_shipping_method_tax_line;
DROP TABLE IF EXISTS order_shipping_method_adjustment;
DROP TABLE IF EXISTS order_shipping_method;
DROP TABLE IF EXISTS order_line_item_tax_line;
DROP TABLE IF EXISTS order_line_item_adjustment;
DROP TABLE IF EXISTS order_item;
DROP TABLE IF EXISTS order_line_item;
DROP TABLE IF EXISTS "order";
DROP TABLE IF EXISTS order_address;
DROP TYPE IF EXISTS claim_reason_enum;
DROP TYPE IF EXISTS order_claim_type_enum;
DROP TYPE IF EXISTS return_status_enum;
DROP TYPE IF EXISTS order_status_enum;
