-- One row for each mutation, inserted in its transaction.
-- Earlier versions created this table and counted no version for it, so it may exist.
-- +goose Up
CREATE TABLE IF NOT EXISTS linkgraph.audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  caller_kind text NOT NULL,
  caller_id text NOT NULL,
  caller_name text NOT NULL,
  caller_role text NOT NULL,
  request_id text NOT NULL,
  operation text NOT NULL,
  field text NOT NULL,
  document_hash text NOT NULL,
  action text NOT NULL,
  receipt jsonb NOT NULL,
  truncated boolean NOT NULL
);

CREATE INDEX IF NOT EXISTS audit_at ON linkgraph.audit (at);

CREATE INDEX IF NOT EXISTS audit_caller ON linkgraph.audit (caller_id, at);

-- +goose Down
DROP TABLE IF EXISTS linkgraph.audit;
