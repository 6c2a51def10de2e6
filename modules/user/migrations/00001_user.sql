-- Tables of the user module. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS "user" (
  id text NOT NULL,
  first_name text,
  last_name text,
  email text NOT NULL,
  avatar_url text,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT user_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_user_deleted_at" ON "user" (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_user_email_unique" ON "user" (email) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS invite (
  id text NOT NULL,
  email text NOT NULL,
  accepted boolean NOT NULL DEFAULT false,
  token text NOT NULL,
  expires_at timestamptz NOT NULL,
  metadata jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT invite_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_invite_deleted_at" ON invite (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_invite_email_unique" ON invite (email) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_invite_token" ON invite (token) WHERE deleted_at IS NULL;

-- +goose Down
DROP TABLE IF EXISTS invite;
DROP TABLE IF EXISTS "user";
