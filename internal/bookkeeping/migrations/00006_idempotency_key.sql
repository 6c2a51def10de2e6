-- One row for each mutation that was sent with an Idempotency-Key, inserted in its transaction.
-- +goose Up
CREATE TABLE IF NOT EXISTS linkgraph.idempotency_key (
  caller text NOT NULL,
  key text NOT NULL,
  request bytea NOT NULL,
  answer bytea,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (caller, key)
);

CREATE INDEX IF NOT EXISTS idempotency_key_at ON linkgraph.idempotency_key (at);

-- +goose Down
DROP TABLE IF EXISTS linkgraph.idempotency_key;
