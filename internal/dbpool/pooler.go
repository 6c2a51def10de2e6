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

// pgbouncerParams are the startup parameters that PgBouncer accepts without configuration.
var pgbouncerParams = []string{
	"application_name",
	"client_encoding",
	"datestyle",
	"standard_conforming_strings",
	"timezone",
}

// TakeSettings removes from params the startup parameters that a pooler would refuse, and returns them. They have to
// be set in each transaction instead.
func TakeSettings(params map[string]string) map[string]string {
	settings := map[string]string{}
	for name, value := range params {
		if !slices.Contains(pgbouncerParams, strings.ToLower(name)) {
			settings[name] = value
			delete(params, name)
		}
	}
	return settings
}

const settingsPrefix = "SELECT /* settings */ "

// IsSettings reports whether sql is the statement that applies settings to a transaction. It belongs to no caller, so
// traces leave it out.
func IsSettings(sql string) bool { return strings.HasPrefix(sql, settingsPrefix) }

// settingsStatement returns the statement that applies settings to the current transaction, "" if there are none.
func settingsStatement(settings map[string]string) string {
	settings = maps.Clone(settings)
	if v, ok := settings["default_transaction_read_only"]; ok { // it would affect the next transaction only
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
	return settingsPrefix + strings.Join(calls, ", ")
}

func literal(text string) string {
	if strings.Contains(text, `\`) {
		return " E'" + strings.NewReplacer(`'`, `''`, `\`, `\\`).Replace(text) + "'"
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// Errors of a pooler that has to be configured differently.
var (
	errNoTransactions = errors.New(
		"the pooler in front of the database pools statements, so it has no transactions: set pool_mode = transaction (PgBouncer 1.21 or later) or pool_mode = session",
	)
	errNoPrepared = errors.New(
		"the pooler in front of the database loses prepared statements between transactions: set max_prepared_statements = 200 (PgBouncer 1.21 or later), or pool_mode = session",
	)
)

// pathError says that a role's search_path finds tables in other schemas than the URL asks for.
type pathError struct{ role, is, want string }

func (e *pathError) Error() string {
	return fmt.Sprintf(
		"behind a pooler search_path has to be that of the role, which finds tables in %s: run ALTER ROLE %s SET search_path = %s, and reconnect the pooler's sessions",
		e.is,
		pgx.Identifier{e.role}.Sanitize(),
		e.want,
	)
}

// probeTimeout is how long a pooler may take to answer the probe. A pooler with one server connection never does: it
// waits for the transaction that the probe itself holds open.
const probeTimeout = 2 * time.Second

// Behind reports whether cfg connects to a pooler rather than to Postgres itself. settings are those that
// TakeSettings returned. The error says how to configure a pooler that cannot be used as it is.
func Behind(ctx context.Context, cfg *pgx.ConnConfig, settings map[string]string) (bool, error) {
	first, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return false, err
	}
	defer first.Close(ctx)
	// A pooler invents its own process numbers, so they differ from those of Postgres.
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

// checkPath compares the schemas of the role's search_path with those of the path that the URL asks for.
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
	if _, err := tx.Exec(ctx, settingsStatement(map[string]string{"search_path": path})); err != nil {
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

// checkPrepared checks that prepared statements follow their client. Two clients prepare different statements of the
// same name, and one runs its own while the other holds a session.
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
	bounded, cancel := context.WithTimeout(ctx, probeTimeout)
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
