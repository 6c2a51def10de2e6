-- Tables of the translation module. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS locale (
  id text NOT NULL,
  code text NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT locale_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_locale_code_unique" ON locale (code) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_locale_deleted_at" ON locale (deleted_at) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS translation (
  id text NOT NULL,
  reference_id text NOT NULL,
  reference text NOT NULL,
  locale_code text NOT NULL,
  translations jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  translated_field_count integer NOT NULL DEFAULT 0,
  CONSTRAINT translation_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_translation_deleted_at" ON translation (deleted_at) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_translation_locale_code" ON translation (locale_code) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_translation_reference_id_locale_code_unique" ON translation (reference_id, locale_code) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_translation_reference_id_reference" ON translation (reference_id, reference) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_translation_reference_id_reference_locale_code" ON translation (reference_id, reference, locale_code) WHERE deleted_at IS NULL;

CREATE INDEX IF NOT EXISTS "IDX_translation_reference_locale_code" ON translation (reference, locale_code) WHERE deleted_at IS NULL;

-- Pages of one owner, in the order of their ids.
CREATE INDEX IF NOT EXISTS linkgraph_translation_reference_id ON translation (reference_id, id) WHERE deleted_at IS NULL;

CREATE TABLE IF NOT EXISTS translation_settings (
  id text NOT NULL,
  entity_type text NOT NULL,
  fields jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  is_active boolean NOT NULL DEFAULT true,
  CONSTRAINT translation_settings_pkey PRIMARY KEY (id)
);

CREATE INDEX IF NOT EXISTS "IDX_translation_settings_deleted_at" ON translation_settings (deleted_at) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX IF NOT EXISTS "IDX_translation_settings_entity_type_unique" ON translation_settings (entity_type) WHERE deleted_at IS NULL;

-- +goose Down
DROP TABLE IF EXISTS translation_settings;
DROP TABLE IF EXISTS translation;
DROP TABLE IF EXISTS locale;
