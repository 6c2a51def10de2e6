-- Tables of the customer module. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS customer (
  id text NOT NULL,
  company_name text,
  first_name text,
  last_name text,
  email text,
  phone text,
  has_account boolean NOT NULL DEFAULT false,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  created_by text,
  CONSTRAINT customer_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_customer_deleted_at" ON customer (deleted_at) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_customer_email_has_account_unique" ON customer (email, has_account) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS customer_address (
  id text NOT NULL,
  customer_id text NOT NULL,
  address_name text,
  is_default_shipping boolean NOT NULL DEFAULT false,
  is_default_billing boolean NOT NULL DEFAULT false,
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
  CONSTRAINT customer_address_pkey PRIMARY KEY (id),
  CONSTRAINT customer_address_customer_id_foreign FOREIGN KEY (customer_id) REFERENCES customer (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_customer_address_customer_id" ON customer_address (customer_id);

CREATE INDEX IF NOT EXISTS "IDX_customer_address_deleted_at" ON customer_address (deleted_at) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_customer_address_unique_customer_billing" ON customer_address (customer_id) WHERE is_default_billing = true;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_customer_address_unique_customer_shipping" ON customer_address (customer_id) WHERE is_default_shipping = true;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_customer_address_customer_id ON customer_address (customer_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS customer_group (
  id text NOT NULL,
  name text NOT NULL,
  metadata jsonb,
  created_by text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT customer_group_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_customer_group_deleted_at" ON customer_group (deleted_at) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_customer_group_name_unique" ON customer_group (name) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS customer_group_customer (
  id text NOT NULL,
  customer_id text NOT NULL,
  customer_group_id text NOT NULL,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  created_by text,
  deleted_at timestamptz,
  CONSTRAINT customer_group_customer_pkey PRIMARY KEY (id),
  CONSTRAINT customer_group_customer_customer_id_foreign FOREIGN KEY (customer_id) REFERENCES customer (id) ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT customer_group_customer_customer_group_id_foreign FOREIGN KEY (customer_group_id) REFERENCES customer_group (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_customer_group_customer_customer_group_id" ON customer_group_customer (customer_group_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_customer_group_customer_customer_id" ON customer_group_customer (customer_id);

CREATE INDEX IF NOT EXISTS "IDX_customer_group_customer_deleted_at" ON customer_group_customer (deleted_at) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_customer_group_customer_customer_id ON customer_group_customer (customer_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_customer_group_customer_customer_group_id ON customer_group_customer (customer_group_id, id) WHERE deleted_at IS NULL;

-- +goose Down
DROP TABLE IF EXISTS customer_group_customer;
DROP TABLE IF EXISTS customer_group;
DROP TABLE IF EXISTS customer_address;
DROP TABLE IF EXISTS customer;
