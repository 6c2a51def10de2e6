-- How far each import of a file of links has come, so that it can resume.
-- Earlier versions created this table and counted no version for it, so it may exist.
-- +goose Up
CREATE TABLE IF NOT EXISTS linkgraph.link_import (
  file text PRIMARY KEY,
  name text NOT NULL,
  progress jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE IF EXISTS linkgraph.link_import;
