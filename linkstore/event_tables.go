package linkstore

import "fmt"

// eventTables returns the statements that create what the reading of events needs, and what pruning leaves behind. Each can be
// run again.
func (s *Store) eventTables() []string {
	return []string{
		s.orderEvents(),
		`CREATE TABLE IF NOT EXISTS ` + s.own("event_stream") + ` (
			single boolean PRIMARY KEY DEFAULT true CHECK (single),
			stream text NOT NULL,
			pruned_tx xid8 NOT NULL DEFAULT '0',
			pruned_id bigint NOT NULL DEFAULT 0,
			listening_until timestamptz NOT NULL DEFAULT '-infinity'
		)`,
		`INSERT INTO ` + s.own("event_stream") + ` (stream) VALUES (` + newStream + `) ON CONFLICT DO NOTHING`,
		`CREATE TABLE IF NOT EXISTS ` + s.own("retention") + ` (
			what text PRIMARY KEY,
			kept_since timestamptz NOT NULL
		)`,
		s.restartStream(),
		`CREATE OR REPLACE FUNCTION ` + s.own("notify_event") + `() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			IF EXISTS (SELECT FROM ` + s.own("event_stream") + ` WHERE listening_until > clock_timestamp()) THEN
				PERFORM pg_notify('` + EventChannel + `', '');
			END IF;
			RETURN NULL;
		END $$`,
		`DO $do$ BEGIN IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'notify_event'
			AND tgrelid = to_regclass(` + literal(s.own("link_event")) + `)) THEN
			CREATE TRIGGER notify_event AFTER INSERT ON ` + s.own("link_event") + `
				FOR EACH STATEMENT EXECUTE FUNCTION ` + s.own("notify_event") + `();
		END IF; END $do$`,
	}
}

// orderEvents adds the column by which events are read in order, in a database of an earlier version too, and the indexes
// that reading relies on.
//
// It is not the number of the transaction alone. A transaction that got its number first may have waited for another one to
// release a pair, and then its event of that pair is the later one. So it is the next number that is to be given out when the
// row is written, by a look of its own (a snapshot of the statement may be older than the wait): that is higher than the numbers
// of all transactions that were waited for. And it is no lower than the number of the event's own transaction: so, below the
// oldest transaction that is still open, nothing can be added.
func (s *Store) orderEvents() string {
	return fmt.Sprintf(`DO $$ BEGIN
		CREATE OR REPLACE FUNCTION %[3]s() RETURNS xid8 LANGUAGE plpgsql VOLATILE AS $f$
		BEGIN RETURN GREATEST(pg_current_xact_id(), pg_snapshot_xmax(pg_current_snapshot())); END $f$;
		IF NOT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(%[1]s) AND attname = 'tx' AND NOT attisdropped) THEN
			ALTER TABLE %[2]s ADD COLUMN tx xid8 NOT NULL DEFAULT '0';
			ALTER TABLE %[2]s ALTER COLUMN tx SET DEFAULT %[3]s();
		END IF;
		CREATE INDEX IF NOT EXISTS link_event_order ON %[2]s (tx, id);
		CREATE INDEX IF NOT EXISTS link_event_link ON %[2]s (link, tx, id);
		CREATE INDEX IF NOT EXISTS link_event_left ON %[2]s (link, left_key, tx, id);
		CREATE INDEX IF NOT EXISTS link_event_right ON %[2]s (link, right_key, tx, id);
		CREATE INDEX IF NOT EXISTS link_event_created ON %[2]s USING brin (created_at);
	END $$`, literal(s.own("link_event")), s.own("link_event"), s.own("event_tx"))
}

// newStream makes the name of a stream of events.
const newStream = `replace(gen_random_uuid()::text, '-', '')`

// restartStream begins a new stream if the events were restored into a cluster that numbers transactions anew: one that can be
// seen and whose number is still to come. Cursors of the old stream are then refused.
func (s *Store) restartStream() string {
	return fmt.Sprintf(`DO $$ BEGIN
		IF EXISTS (SELECT 1 FROM %[1]s WHERE tx > pg_snapshot_xmax(pg_current_snapshot())) THEN
			UPDATE %[1]s AS t SET tx = '0' WHERE tx <> '0';
			UPDATE %[2]s SET stream = %[3]s, pruned_tx = '0', pruned_id = 0;
		END IF;
	END $$`, s.own("link_event"), s.own("event_stream"), newStream)
}
