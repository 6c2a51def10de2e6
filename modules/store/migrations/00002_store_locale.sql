-- Locales of the store module. On a database that has the table nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS store_locale (
  id text NOT NULL,
  locale_code text NOT NULL,
  store_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT store_locale_pkey PRIMARY KEY (id),
  CONSTRAINT store_locale_store_id_foreign FOREIGN KEY (store_id) REFERENCES store (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS "IDX_store_locale_deleted_at" ON store_locale (deleted_at) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_store_locale_store_id" ON store_locale (store_id) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_store_locale_store_id ON store_locale (store_id, id) WHERE deleted_at IS NULL;

-- Store locales of one locale, which a link reads.
CREATE INDEX IF NOT EXISTS linkgraph_store_locale_locale_code ON store_locale (locale_code, id) WHERE deleted_at IS NULL;

-- +goose Down
DROP TABLE IF EXISTS store_locale;
