-- Tables of the api_key module. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS api_key (
  id text NOT NULL,
  token text NOT NULL,
  salt text NOT NULL,
  redacted text NOT NULL,
  title text NOT NULL,
  type text NOT NULL CHECK (type IN ('publishable', 'secret')),
  last_used_at timestamptz,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_by text,
  revoked_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT api_key_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_api_key_token_unique" ON api_key (token);

CREATE INDEX IF NOT EXISTS "IDX_api_key_type" ON api_key (type);

CREATE INDEX IF NOT EXISTS "IDX_api_key_deleted_at" ON api_key (deleted_at) WHERE deleted_at IS NULL;

-- +goose Down
DROP TABLE IF EXISTS api_key;
