-- Tables of the currency module. On a database that has them nothing changes.
-- +goose Up
CREATE TABLE IF NOT EXISTS currency (
  code text NOT NULL,
  symbol text NOT NULL,
  symbol_native text NOT NULL,
  decimal_digits integer NOT NULL DEFAULT 0,
  rounding numeric NOT NULL DEFAULT 0,
  raw_rounding jsonb NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  CONSTRAINT currency_pkey PRIMARY KEY (code)
);

-- +goose Down
DROP TABLE IF EXISTS currency;
