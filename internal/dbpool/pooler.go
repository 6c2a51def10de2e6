package dbpool

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// passed are the startup parameters that PgBouncer takes as it comes.
var passed = []string{"application_name", "client_encoding", "datestyle", "standard_conforming_strings", "timezone"}

// TakeSettings takes the parameters of a session that a pooler would refuse out of those that it starts with.
func TakeSettings(params map[string]string) map[string]string {
	settings := map[string]string{}
	for name, value := range params {
		if !slices.Contains(passed, strings.ToLower(name)) {
			settings[name] = value
			delete(params, name)
		}
	}
	return settings
}

const settingsBegin = "SELECT /* settings */ "

// IsSettings reports whether a statement is the one that makes the settings of a transaction, which is nobody's.
func IsSettings(sql string) bool { return strings.HasPrefix(sql, settingsBegin) }

// preamble is a statement that makes settings for the transaction that it is in. "" if there are none.
func preamble(settings map[string]string) string {
	settings = maps.Clone(settings)
	if v, ok := settings["default_transaction_read_only"]; ok { // the default is that of the next one
		delete(settings, "default_transaction_read_only")
		settings["transaction_read_only"] = v
	}
	if len(settings) == 0 {
		return ""
	}
	calls := make([]string, 0, len(settings))
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		calls = append(calls, fmt.Sprintf("set_config(%s, %s, true)", literal(name), literal(settings[name])))
	}
	return settingsBegin + strings.Join(calls, ", ")
}

func literal(text string) string {
	if strings.Contains(text, `\`) {
		return " E'" + strings.NewReplacer(`'`, `''`, `\`, `\\`).Replace(text) + "'"
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// What a pooler is asked to be set to.
var (
	errNoTransactions = errors.New(
		"the pooler in front of the database pools statements, so it has no transactions: set pool_mode = transaction (PgBouncer 1.21 or later) or pool_mode = session",
	)
	errNoPrepared = errors.New(
		"the pooler in front of the database loses prepared statements between transactions: set max_prepared_statements = 200 (PgBouncer 1.21 or later), or pool_mode = session",
	)
)

// pathError is a role whose tables would be looked for in other schemas than they are to be.
type pathError struct{ role, is, want string }

func (e *pathError) Error() string {
	return fmt.Sprintf(
		"behind a pooler search_path has to be that of the role, which finds tables in %s: run ALTER ROLE %s SET search_path = %s, and reconnect the pooler's sessions",
		e.is,
		pgx.Identifier{e.role}.Sanitize(),
		e.want,
	)
}

// asking is how long a pooler has to answer a question that it may never answer: with one session for all, it waits for that one.
const asking = 2 * time.Second

// Behind reports whether sessions of a configuration are those of a pooler, and not of Postgres itself, and fails if the pooler cannot
// be worked behind. settings are those that the sessions are to have.
func Behind(ctx context.Context, cfg *pgx.ConnConfig, settings map[string]string) (bool, error) {
	first, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return false, err
	}
	defer first.Close(ctx)
	// A pooler gives out process numbers of its own.
	var pid int64
	if err := first.QueryRow(ctx, `SELECT pg_backend_pid()`, pgx.QueryExecModeSimpleProtocol).Scan(&pid); err != nil {
		return false, err
	}
	if pid == int64(first.PgConn().PID()) {
		return false, nil
	}
	second, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return true, err
	}
	defer second.Close(ctx)
	if err := checkPath(ctx, first, settings["search_path"]); err != nil {
		return true, err
	}
	return true, checkPrepared(ctx, first, second)
}

// checkPath compares where tables are looked for with where they are to be.
func checkPath(ctx context.Context, conn *pgx.Conn, path string) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		if strings.Contains(err.Error(), "statement pooling mode") {
			return errNoTransactions
		}
		return err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // nothing is to be kept
	const schemas = `SELECT current_user::text, array_to_string(current_schemas(false), ', ')`
	var role, is, want string
	if err := tx.QueryRow(ctx, schemas, pgx.QueryExecModeSimpleProtocol).Scan(&role, &is); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, preamble(map[string]string{"search_path": path})); err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, schemas, pgx.QueryExecModeSimpleProtocol).Scan(&role, &want); err != nil {
		return err
	}
	if is != want {
		return &pathError{role, is, path}
	}
	return nil
}

// checkPrepared has two clients prepare statements of one name, and one run its own while the other holds a session.
func checkPrepared(ctx context.Context, first, second *pgx.Conn) error {
	const name = "linkgraph_probe"
	if _, err := first.Prepare(ctx, name, `SELECT 1::integer`); err != nil {
		return preparedError(err)
	}
	tx, err := second.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // nothing is to be kept
	if _, err := tx.Prepare(ctx, name, `SELECT 2::integer`); err != nil {
		return preparedError(err)
	}
	bounded, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	var n int
	if err := first.QueryRow(bounded, name).Scan(&n); err != nil && bounded.Err() == nil {
		return preparedError(err)
	}
	return nil
}

func preparedError(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "42P05" || pg.Code == "26000") {
		return errNoPrepared
	}
	return err
}
