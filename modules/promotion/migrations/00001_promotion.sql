-- Tables of the promotion module. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS promotion_campaign (
  id text NOT NULL,
  name text NOT NULL,
  description text,
  campaign_identifier text NOT NULL,
  starts_at timestamptz,
  ends_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT promotion_campaign_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_promotion_campaign_campaign_identifier_unique" ON promotion_campaign (campaign_identifier) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_promotion_campaign_deleted_at" ON promotion_campaign (deleted_at) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS promotion_campaign_budget (
  id text NOT NULL,
  type text NOT NULL,
  campaign_id text NOT NULL,
  "limit" numeric,
  raw_limit jsonb,
  used numeric NOT NULL DEFAULT 0,
  raw_used jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  currency_code text,
  attribute text,
  CONSTRAINT promotion_campaign_budget_pkey PRIMARY KEY (id),
  CONSTRAINT promotion_campaign_budget_type_check CHECK (type IN ('spend', 'usage', 'use_by_attribute', 'spend_by_attribute')),
  CONSTRAINT promotion_campaign_budget_campaign_id_foreign FOREIGN KEY (campaign_id) REFERENCES promotion_campaign (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_campaign_budget_type" ON promotion_campaign_budget (type);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_promotion_campaign_budget_campaign_id_unique" ON promotion_campaign_budget (campaign_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_promotion_campaign_budget_deleted_at" ON promotion_campaign_budget (deleted_at) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS promotion_campaign_budget_usage (
  id text NOT NULL,
  attribute_value text NOT NULL,
  used numeric NOT NULL DEFAULT 0,
  budget_id text NOT NULL,
  raw_used jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT promotion_campaign_budget_usage_pkey PRIMARY KEY (id),
  CONSTRAINT promotion_campaign_budget_usage_budget_id_foreign FOREIGN KEY (budget_id) REFERENCES promotion_campaign_budget (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_promotion_campaign_budget_usage_attribute_value_budget_id_u" ON promotion_campaign_budget_usage (attribute_value, budget_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_promotion_campaign_budget_usage_budget_id" ON promotion_campaign_budget_usage (budget_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_promotion_campaign_budget_usage_deleted_at" ON promotion_campaign_budget_usage (deleted_at) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_promotion_campaign_budget_usage_budget_id ON promotion_campaign_budget_usage (budget_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS promotion (
  id text NOT NULL,
  code text NOT NULL,
  campaign_id text,
  is_automatic boolean NOT NULL DEFAULT false,
  type text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  status text NOT NULL DEFAULT 'draft'::text,
  is_tax_inclusive boolean NOT NULL DEFAULT false,
  "limit" integer,
  used integer NOT NULL DEFAULT 0,
  metadata jsonb,
  CONSTRAINT promotion_pkey PRIMARY KEY (id),
  CONSTRAINT promotion_status_check CHECK (status IN ('draft', 'active', 'inactive')),
  CONSTRAINT promotion_type_check CHECK (type IN ('standard', 'buyget')),
  CONSTRAINT promotion_campaign_id_foreign FOREIGN KEY (campaign_id) REFERENCES promotion_campaign (id) ON UPDATE CASCADE ON DELETE SET NULL
);

CREATE INDEX IF NOT EXISTS "IDX_promotion_campaign_id" ON promotion (campaign_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_promotion_deleted_at" ON promotion (deleted_at) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_promotion_is_automatic" ON promotion (is_automatic) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_promotion_status" ON promotion (status) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_promotion_type" ON promotion (type);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_unique_promotion_code" ON promotion (code) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_promotion_campaign_id ON promotion (campaign_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS promotion_application_method (
  id text NOT NULL,
  value numeric,
  raw_value jsonb,
  max_quantity integer,
  apply_to_quantity integer,
  buy_rules_min_quantity integer,
  type text NOT NULL,
  target_type text NOT NULL,
  allocation text,
  promotion_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  currency_code text,
  CONSTRAINT promotion_application_method_pkey PRIMARY KEY (id),
  CONSTRAINT promotion_application_method_allocation_check CHECK (allocation IN ('each', 'across', 'once')),
  CONSTRAINT promotion_application_method_target_type_check CHECK (target_type IN ('order', 'shipping_methods', 'items')),
  CONSTRAINT promotion_application_method_type_check CHECK (type IN ('fixed', 'percentage')),
  CONSTRAINT promotion_application_method_promotion_id_foreign FOREIGN KEY (promotion_id) REFERENCES promotion (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_application_method_allocation" ON promotion_application_method (allocation);

CREATE INDEX IF NOT EXISTS "IDX_application_method_target_type" ON promotion_application_method (target_type);

CREATE INDEX IF NOT EXISTS "IDX_application_method_type" ON promotion_application_method (type);

CREATE INDEX IF NOT EXISTS "IDX_promotion_application_method_currency_code" ON promotion_application_method (currency_code) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_promotion_application_method_deleted_at" ON promotion_application_method (deleted_at) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_promotion_application_method_promotion_id_unique" ON promotion_application_method (promotion_id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS promotion_rule (
  id text NOT NULL,
  description text,
  attribute text NOT NULL,
  operator text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT promotion_rule_pkey PRIMARY KEY (id),
  CONSTRAINT promotion_rule_operator_check CHECK (operator IN ('gte', 'lte', 'gt', 'lt', 'eq', 'ne', 'in'))
);

CREATE INDEX IF NOT EXISTS "IDX_promotion_rule_attribute" ON promotion_rule (attribute);

CREATE INDEX IF NOT EXISTS "IDX_promotion_rule_attribute_operator" ON promotion_rule (attribute, operator) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_promotion_rule_attribute_operator_id" ON promotion_rule (operator, attribute, id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_promotion_rule_deleted_at" ON promotion_rule (deleted_at) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_promotion_rule_operator" ON promotion_rule (operator);

CREATE TABLE IF NOT EXISTS promotion_rule_value (
  id text NOT NULL,
  promotion_rule_id text NOT NULL,
  value text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT promotion_rule_value_pkey PRIMARY KEY (id),
  CONSTRAINT promotion_rule_value_promotion_rule_id_foreign FOREIGN KEY (promotion_rule_id) REFERENCES promotion_rule (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_promotion_rule_value_deleted_at" ON promotion_rule_value (deleted_at) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_promotion_rule_value_promotion_rule_id" ON promotion_rule_value (promotion_rule_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_promotion_rule_value_rule_id_value" ON promotion_rule_value (promotion_rule_id, value) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_promotion_rule_value_value" ON promotion_rule_value (value) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_promotion_rule_value_promotion_rule_id ON promotion_rule_value (promotion_rule_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS promotion_promotion_rule (
  promotion_id text NOT NULL,
  promotion_rule_id text NOT NULL,
  CONSTRAINT promotion_promotion_rule_pkey PRIMARY KEY (promotion_id, promotion_rule_id),
  CONSTRAINT promotion_promotion_rule_promotion_id_foreign FOREIGN KEY (promotion_id) REFERENCES promotion (id) ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT promotion_promotion_rule_promotion_rule_id_foreign FOREIGN KEY (promotion_rule_id) REFERENCES promotion_rule (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS linkgraph_promotion_promotion_rule_promotion_rule_id ON promotion_promotion_rule (promotion_rule_id, promotion_id);

CREATE TABLE IF NOT EXISTS application_method_target_rules (
  application_method_id text NOT NULL,
  promotion_rule_id text NOT NULL,
  CONSTRAINT application_method_target_rules_pkey PRIMARY KEY (application_method_id, promotion_rule_id),
  CONSTRAINT application_method_target_rules_application_method_id_foreign FOREIGN KEY (application_method_id) REFERENCES promotion_application_method (id) ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT application_method_target_rules_promotion_rule_id_foreign FOREIGN KEY (promotion_rule_id) REFERENCES promotion_rule (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS linkgraph_application_method_target_rules_promotion_rule_id ON application_method_target_rules (promotion_rule_id, application_method_id);

CREATE TABLE IF NOT EXISTS application_method_buy_rules (
  application_method_id text NOT NULL,
  promotion_rule_id text NOT NULL,
  CONSTRAINT application_method_buy_rules_pkey PRIMARY KEY (application_method_id, promotion_rule_id),
  CONSTRAINT application_method_buy_rules_application_method_id_foreign FOREIGN KEY (application_method_id) REFERENCES promotion_application_method (id) ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT application_method_buy_rules_promotion_rule_id_foreign FOREIGN KEY (promotion_rule_id) REFERENCES promotion_rule (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS linkgraph_application_method_buy_rules_promotion_rule_id ON application_method_buy_rules (promotion_rule_id, application_method_id);

-- +goose Down
DROP TABLE IF EXISTS application_method_buy_rules;
DROP TABLE IF EXISTS application_method_target_rules;
DROP TABLE IF EXISTS promotion_promotion_rule;
DROP TABLE IF EXISTS promotion_rule_value;
DROP TABLE IF EXISTS promotion_rule;
DROP TABLE IF EXISTS promotion_application_method;
DROP TABLE IF EXISTS promotion;
DROP TABLE IF EXISTS promotion_campaign_budget_usage;
DROP TABLE IF EXISTS promotion_campaign_budget;
DROP TABLE IF EXISTS promotion_campaign;
