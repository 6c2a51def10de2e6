package linkstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Migrate creates the store's own tables: the saved deletions, the outbox of events, and the list of link tables
// that the store created. It changes nothing if they exist. Several servers may run it at the same time.
func (s *Store) Migrate(ctx context.Context) error {
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		// IF NOT EXISTS fails if another transaction creates the same schema or table at the same time.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('linkgraph migrate'))`); err != nil {
			return err
		}
		for _, statement := range slices.Concat(s.ownTables(), s.eventTables()) {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return fmt.Errorf("%w: %s", err, statement)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("linkstore: migrate: %w", err)
	}
	return nil
}

// ownTables returns the statements that create the store's tables. Each is idempotent.
func (s *Store) ownTables() []string {
	return []string{
		`CREATE SCHEMA IF NOT EXISTS ` + quote(s.cfg.Schema),
		`CREATE TABLE IF NOT EXISTS ` + s.own("deletion") + ` (
			id text PRIMARY KEY,
			deleted_at timestamptz NOT NULL,
			seq bigint GENERATED ALWAYS AS IDENTITY
		)`,
		s.numberDeletions(),
		`DO $do$ BEGIN IF to_regprocedure(` + literal(s.own("overtaken")+"()") + `) IS NULL THEN
			CREATE FUNCTION ` + s.own("overtaken") + `() RETURNS boolean LANGUAGE plpgsql AS $$
			BEGIN RAISE EXCEPTION 'another call removed what this one was to remove' USING ERRCODE = '` + changedCode + `'; END $$;
		END IF; END $do$`,
		`CREATE TABLE IF NOT EXISTS ` + s.own("deletion_record") + ` (
			deletion_id text NOT NULL REFERENCES ` + s.own("deletion") + ` (id) ON DELETE CASCADE,
			model text NOT NULL,
			key text NOT NULL,
			removed boolean NOT NULL,
			restored_at timestamptz,
			PRIMARY KEY (deletion_id, model, key)
		)`,
		`CREATE INDEX IF NOT EXISTS deletion_deleted_at ON ` + s.own("deletion") + ` (deleted_at)`,
		`CREATE INDEX IF NOT EXISTS deletion_record_key ON ` + s.own("deletion_record") + ` (model, key, deletion_id)`,
		`CREATE TABLE IF NOT EXISTS ` + s.own("deletion_cause") + ` (
			deletion_id text NOT NULL REFERENCES ` + s.own("deletion") + ` (id) ON DELETE CASCADE,
			parent_model text NOT NULL,
			parent_key text NOT NULL,
			model text NOT NULL,
			key text NOT NULL,
			PRIMARY KEY (deletion_id, parent_model, parent_key, model, key)
		)`,
		`CREATE TABLE IF NOT EXISTS ` + s.own("deletion_link") + ` (
			deletion_id text NOT NULL REFERENCES ` + s.own("deletion") + ` (id) ON DELETE CASCADE,
			link text NOT NULL,
			left_key text NOT NULL,
			right_key text NOT NULL,
			wanted boolean NOT NULL DEFAULT false,
			restored_at timestamptz,
			PRIMARY KEY (deletion_id, link, left_key, right_key)
		)`,
		`CREATE INDEX IF NOT EXISTS deletion_link_left ON ` + s.own(
			"deletion_link",
		) + ` (link, left_key) WHERE restored_at IS NULL`,
		`CREATE INDEX IF NOT EXISTS deletion_link_right ON ` + s.own(
			"deletion_link",
		) + ` (link, right_key) WHERE restored_at IS NULL`,
		`CREATE TABLE IF NOT EXISTS ` + s.own("repaired_link") + ` (
			deletion_id text NOT NULL REFERENCES ` + s.own("deletion") + ` (id) ON DELETE CASCADE,
			seq bigint GENERATED ALWAYS AS IDENTITY,
			link text NOT NULL,
			id text NOT NULL,
			left_key text NOT NULL,
			right_key text NOT NULL,
			kind text NOT NULL,
			restored_at timestamptz,
			PRIMARY KEY (deletion_id, seq)
		)`,
		`CREATE TABLE IF NOT EXISTS ` + s.own("link_event") + ` (
			id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
			event text NOT NULL CHECK (event IN ('attached', 'detached')),
			link text NOT NULL,
			left_key text NOT NULL,
			right_key text NOT NULL,
			data jsonb NOT NULL,
			cause text NOT NULL,
			created_at timestamptz NOT NULL DEFAULT clock_timestamp()
		)`,
		`CREATE TABLE IF NOT EXISTS ` + s.own("link_table") + ` (
			link text PRIMARY KEY,
			schema_name text NOT NULL,
			table_name text NOT NULL,
			created_at timestamptz NOT NULL DEFAULT now()
		)`,
	}
}

// numberDeletions returns the statement that numbers the deletions of an earlier version, by their times. Numbers
// identify the latest deletion, because clocks can go back.
func (s *Store) numberDeletions() string {
	return fmt.Sprintf(`DO $$ BEGIN
		IF NOT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(%[1]s) AND attname = 'seq' AND NOT attisdropped) THEN
			ALTER TABLE %[2]s ADD COLUMN seq bigint;
			UPDATE %[2]s AS t SET seq = o.n FROM (SELECT id, row_number() OVER (ORDER BY deleted_at, id) AS n FROM %[2]s) AS o WHERE o.id = t.id;
			ALTER TABLE %[2]s ALTER COLUMN seq SET NOT NULL;
			ALTER TABLE %[2]s ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY;
			PERFORM setval(pg_get_serial_sequence(%[1]s, 'seq'), (SELECT count(*) + 1 FROM %[2]s), false);
		END IF;
	END $$`, literal(s.own("deletion")), s.own("deletion"))
}
