-- Tables of the pricing module. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS price_set (
  id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT price_set_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_price_set_deleted_at" ON price_set (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS price_list (
  id text NOT NULL,
  status text NOT NULL DEFAULT 'draft'::text CHECK (status IN ('active', 'draft')),
  starts_at timestamptz,
  ends_at timestamptz,
  rules_count integer DEFAULT 0,
  title text NOT NULL,
  description text NOT NULL,
  type text NOT NULL DEFAULT 'sale'::text CHECK (type IN ('sale', 'override')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  metadata jsonb,
  CONSTRAINT price_list_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_price_list_deleted_at" ON price_list (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS price (
  id text NOT NULL,
  title text,
  price_set_id text NOT NULL CONSTRAINT price_price_set_id_foreign REFERENCES price_set (id) ON UPDATE CASCADE ON DELETE CASCADE,
  currency_code text NOT NULL,
  raw_amount jsonb NOT NULL,
  rules_count integer DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  price_list_id text CONSTRAINT price_price_list_id_foreign REFERENCES price_list (id) ON UPDATE CASCADE ON DELETE CASCADE,
  amount numeric NOT NULL,
  min_quantity numeric,
  max_quantity numeric,
  raw_min_quantity jsonb,
  raw_max_quantity jsonb,
  CONSTRAINT price_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_price_price_set_id" ON price (price_set_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_price_price_list_id" ON price (price_list_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_price_currency_code" ON price (currency_code) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_price_deleted_at" ON price (deleted_at) WHERE deleted_at IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_price_price_set_id ON price (price_set_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_price_price_list_id ON price (price_list_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS price_rule (
  id text NOT NULL,
  value text NOT NULL,
  priority integer NOT NULL DEFAULT 0,
  price_id text NOT NULL CONSTRAINT price_rule_price_id_foreign REFERENCES price (id) ON UPDATE CASCADE ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  attribute text NOT NULL DEFAULT ''::text,
  operator text NOT NULL DEFAULT 'eq'::text CHECK (operator IN ('gte', 'lte', 'gt', 'lt', 'eq')),
  CONSTRAINT price_rule_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_price_rule_price_id_attribute_operator_unique" ON price_rule (price_id, attribute, operator) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_price_rule_deleted_at" ON price_rule (deleted_at) WHERE deleted_at IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_price_rule_price_id ON price_rule (price_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS price_list_rule (
  id text NOT NULL,
  price_list_id text NOT NULL CONSTRAINT price_list_rule_price_list_id_foreign REFERENCES price_list (id) ON UPDATE CASCADE ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  value jsonb,
  attribute text NOT NULL DEFAULT ''::text,
  CONSTRAINT price_list_rule_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_price_list_rule_price_list_id" ON price_list_rule (price_list_id) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_price_list_rule_deleted_at" ON price_list_rule (deleted_at) WHERE deleted_at IS NOT NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_price_list_rule_price_list_id ON price_list_rule (price_list_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS price_preference (
  id text NOT NULL,
  attribute text NOT NULL,
  value text,
  is_tax_inclusive boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT price_preference_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_price_preference_attribute_value" ON price_preference (attribute, value) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_price_preference_deleted_at" ON price_preference (deleted_at) WHERE deleted_at IS NOT NULL;

-- +goose Down
DROP TABLE IF EXISTS price_preference;
DROP TABLE IF EXISTS price_list_rule;
DROP TABLE IF EXISTS price_rule;
DROP TABLE IF EXISTS price;
DROP TABLE IF EXISTS price_list;
DROP TABLE IF EXISTS price_set;
