-- Tables of the payment module. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS payment_provider (
  id text NOT NULL,
  is_enabled boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT payment_provider_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_payment_provider_deleted_at" ON payment_provider (deleted_at) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS payment_collection (
  id text NOT NULL,
  currency_code text NOT NULL,
  amount numeric NOT NULL,
  raw_amount jsonb NOT NULL,
  authorized_amount numeric,
  raw_authorized_amount jsonb,
  captured_amount numeric,
  raw_captured_amount jsonb,
  refunded_amount numeric,
  raw_refunded_amount jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  completed_at timestamptz,
  status text NOT NULL DEFAULT 'not_paid'::text,
  metadata jsonb,
  CONSTRAINT payment_collection_pkey PRIMARY KEY (id),
  CONSTRAINT payment_collection_status_check CHECK (status IN ('not_paid', 'awaiting', 'authorized', 'partially_authorized', 'canceled', 'failed', 'partially_captured', 'completed'))
);

CREATE INDEX IF NOT EXISTS "IDX_payment_collection_deleted_at" ON payment_collection (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS payment_collection_payment_providers (
  payment_collection_id text NOT NULL,
  payment_provider_id text NOT NULL,
  CONSTRAINT payment_collection_payment_providers_pkey PRIMARY KEY (payment_collection_id, payment_provider_id),
  CONSTRAINT payment_collection_payment_providers_payment_col_aa276_foreign FOREIGN KEY (payment_collection_id) REFERENCES payment_collection (id) ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT payment_collection_payment_providers_payment_pro_2d555_foreign FOREIGN KEY (payment_provider_id) REFERENCES payment_provider (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS linkgraph_payment_collection_payment_providers_provider_id ON payment_collection_payment_providers (payment_provider_id, payment_collection_id);

CREATE TABLE IF NOT EXISTS payment_session (
  id text NOT NULL,
  currency_code text NOT NULL,
  amount numeric NOT NULL,
  raw_amount jsonb NOT NULL,
  provider_id text NOT NULL,
  data jsonb NOT NULL DEFAULT '{}'::jsonb,
  context jsonb,
  status text NOT NULL DEFAULT 'pending'::text,
  authorized_at timestamptz,
  payment_collection_id text NOT NULL,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT payment_session_pkey PRIMARY KEY (id),
  CONSTRAINT payment_session_status_check CHECK (status IN ('authorized', 'captured', 'pending', 'requires_more', 'error', 'canceled', 'pending_authorization')),
  CONSTRAINT payment_session_payment_collection_id_foreign FOREIGN KEY (payment_collection_id) REFERENCES payment_collection (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_payment_session_deleted_at" ON payment_session (deleted_at);

CREATE INDEX IF NOT EXISTS "IDX_payment_session_payment_collection_id" ON payment_session (payment_collection_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_payment_session_payment_collection_id ON payment_session (payment_collection_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS payment (
  id text NOT NULL,
  amount numeric NOT NULL,
  raw_amount jsonb NOT NULL,
  currency_code text NOT NULL,
  provider_id text NOT NULL,
  data jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  captured_at timestamptz,
  canceled_at timestamptz,
  payment_collection_id text NOT NULL,
  payment_session_id text NOT NULL,
  metadata jsonb,
  CONSTRAINT payment_pkey PRIMARY KEY (id),
  CONSTRAINT payment_payment_collection_id_foreign FOREIGN KEY (payment_collection_id) REFERENCES payment_collection (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_payment_deleted_at" ON payment (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE INDEX IF NOT EXISTS "IDX_payment_payment_collection_id" ON payment (payment_collection_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_payment_payment_session_id" ON payment (payment_session_id);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_payment_payment_session_id_unique" ON payment (payment_session_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_payment_provider_id" ON payment (provider_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_payment_payment_collection_id ON payment (payment_collection_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS capture (
  id text NOT NULL,
  amount numeric NOT NULL,
  raw_amount jsonb NOT NULL,
  payment_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  created_by text,
  metadata jsonb,
  CONSTRAINT capture_pkey PRIMARY KEY (id),
  CONSTRAINT capture_payment_id_foreign FOREIGN KEY (payment_id) REFERENCES payment (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_capture_deleted_at" ON capture (deleted_at);

CREATE INDEX IF NOT EXISTS "IDX_capture_payment_id" ON capture (payment_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_capture_payment_id ON capture (payment_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS refund_reason (
  id text NOT NULL,
  label text NOT NULL,
  description text,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  code text NOT NULL,
  CONSTRAINT refund_reason_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_refund_reason_deleted_at" ON refund_reason (deleted_at) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS refund (
  id text NOT NULL,
  amount numeric NOT NULL,
  raw_amount jsonb NOT NULL,
  payment_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  created_by text,
  metadata jsonb,
  refund_reason_id text,
  note text,
  CONSTRAINT refund_pkey PRIMARY KEY (id),
  CONSTRAINT refund_payment_id_foreign FOREIGN KEY (payment_id) REFERENCES payment (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_refund_deleted_at" ON refund (deleted_at);

CREATE INDEX IF NOT EXISTS "IDX_refund_payment_id" ON refund (payment_id) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_refund_refund_reason_id" ON refund (refund_reason_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_refund_payment_id ON refund (payment_id, id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_refund_refund_reason_id ON refund (refund_reason_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS account_holder (
  id text NOT NULL,
  provider_id text NOT NULL,
  external_id text NOT NULL,
  email text,
  data jsonb NOT NULL DEFAULT '{}'::jsonb,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT account_holder_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_account_holder_deleted_at" ON account_holder (deleted_at) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_account_holder_provider_id_external_id_unique" ON account_holder (provider_id, external_id) WHERE deleted_at IS NULL;

-- +goose Down
DROP TABLE IF EXISTS account_holder;
DROP TABLE IF EXISTS refund;
DROP TABLE IF EXISTS refund_reason;
DROP TABLE IF EXISTS capture;
DROP TABLE IF EXISTS payment;
DROP TABLE IF EXISTS payment_session;
DROP TABLE IF EXISTS payment_collection_payment_providers;
DROP TABLE IF EXISTS payment_collection;
DROP TABLE IF EXISTS payment_provider;
