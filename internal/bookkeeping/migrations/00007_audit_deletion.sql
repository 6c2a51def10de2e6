-- The deletion that an entry made or restored, so that a deletion leads to who made it.
-- +goose Up
ALTER TABLE linkgraph.audit ADD COLUMN IF NOT EXISTS deletion_id text;

UPDATE linkgraph.audit SET deletion_id = receipt ->> 'deletion_id' WHERE receipt ? 'deletion_id' AND deletion_id IS NULL;

CREATE INDEX IF NOT EXISTS audit_deletion ON linkgraph.audit (deletion_id) WHERE deletion_id IS NOT NULL;

-- +goose Down
DROP INDEX IF EXISTS linkgraph.audit_deletion;

ALTER TABLE linkgraph.audit DROP COLUMN IF EXISTS deletion_id;
