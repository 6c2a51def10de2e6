package access

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkgraph/linkgraph/graph"
)

// What is wrong with a key that is to be revoked.
var (
	// ErrNoKey says that there is no such key.
	ErrNoKey = errors.New("there is no such API key")
	// ErrRevoked says that it is revoked already.
	ErrRevoked = errors.New("the API key is revoked already")
)

// tables are those that a database has.
type tables struct{ Keys, Roles bool }

// lookForTables fails in a database whose schema linkgraph is not ours to look into: roles that are there and cannot be read
// must not count as none.
func lookForTables(ctx context.Context, db interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
},
) (tables, error) {
	var there tables
	err := db.QueryRow(ctx, `SELECT to_regclass('api_key') IS NOT NULL, to_regclass('linkgraph.api_key_role') IS NOT NULL`).
		Scan(&there.Keys, &there.Roles)
	return there, err
}

// role is the column of the role, and the join that has it. A secret key without a role may write, as all may in Medusa.
func (t tables) role() (column, join string) {
	if !t.Roles {
		return `'read-write'`, ``
	}
	return `coalesce(r.role, 'read-write')`, `LEFT JOIN linkgraph.api_key_role AS r ON r.api_key_id = k.id`
}

// foundKey is a live key, as the database has it.
type foundKey struct {
	ID, Title   string
	Token, Salt string
	Redacted    string
	Type        string
	Role        string
	Unnoted     bool // last_used_at is a minute old, or there is none
	ReadOnly    bool // the session cannot write
}

func (f foundKey) caller() graph.Caller {
	if f.Type == "publishable" {
		return graph.Caller{Storefront: true, ID: f.ID, Name: f.Title}
	}
	role := graph.ReadOnly
	if f.Role == string(graph.ReadWrite) {
		role = graph.ReadWrite
	}
	return graph.Caller{ID: f.ID, Name: f.Title, Role: role}
}

// mayBe reports whether a credential may be the key: the one publishable key with the token, or a secret key of which the same
// is shown.
func (f foundKey) mayBe(c credential) bool {
	if c.kind == publishableKey {
		return f.Type == "publishable" && f.Token == c.token
	}
	return f.Type == "secret" && f.Redacted == redact(c.token)
}

// maxCandidates bounds the secret keys that are hashed for one request. What is shown of a key tells sixteen million apart.
const maxCandidates = 8

// findKeys returns the live keys that some credentials may be: the publishable keys with the tokens, and the secret keys of
// which the same is shown. As in Medusa, a key whose revocation is to come is live.
func findKeys(ctx context.Context, db DB, tokens, redacted []string) ([]foundKey, error) {
	there, err := lookForTables(ctx, db)
	if err != nil || !there.Keys {
		return nil, err
	}
	role, join := there.role()
	columns := `k.id, k.title, k.token, k.salt, k.redacted, k.type, ` + role + ` AS role,
			k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute' AS unnoted,
			current_setting('transaction_read_only')::boolean AS read_only`
	const live = `k.deleted_at IS NULL AND (k.revoked_at IS NULL OR k.revoked_at > now())`
	// "IDX_api_key_token_unique" has the one publishable key. Secret keys are few: "IDX_api_key_type", and Medusa has an index
	// of redacted.
	rows, err := db.Query(ctx, `
		SELECT `+columns+` FROM api_key AS k `+join+`
		WHERE k.type = 'publishable' AND k.token = ANY($1::text[]) AND `+live+`
		UNION ALL
		SELECT found.* FROM (SELECT DISTINCT unnest($2::text[])) AS asked (redacted) CROSS JOIN LATERAL (
			SELECT `+columns+` FROM api_key AS k `+join+`
			WHERE k.type = 'secret' AND k.redacted = asked.redacted AND `+live+`
			ORDER BY k.id LIMIT $3
		) AS found`, tokens, redacted, maxCandidates)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[foundKey])
}

// redact is what Medusa shows of a token, and finds secret keys by.
func redact(token string) string { return token[:6] + "***" + token[len(token)-3:] }

// SetRole gives a secret key a role.
func SetRole(ctx context.Context, db interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}, keyID string, role graph.Role,
) error {
	// api_key_role_pkey
	_, err := db.Exec(ctx, `
		INSERT INTO linkgraph.api_key_role (api_key_id, role) VALUES ($1, $2)
		ON CONFLICT (api_key_id) DO UPDATE SET role = excluded.role`, keyID, string(role))
	return err
}

// Key is an API key without its token.
type Key struct {
	ID, Type, Title string
	// Role is a secret key's. Publishable keys have none.
	Role graph.Role
	// Redacted is what is shown of the token.
	Redacted              string
	CreatedAt             time.Time
	LastUsedAt, RevokedAt *time.Time
}

// Keys returns all keys that are not deleted, in the order they were made. There are none in a database without the table.
func Keys(ctx context.Context, db DB) ([]Key, error) {
	there, err := lookForTables(ctx, db)
	if err != nil || !there.Keys {
		return nil, err
	}
	role, join := there.role()
	rows, err := db.Query(ctx, `
		SELECT k.id, k.type, k.title, CASE k.type WHEN 'secret' THEN `+role+` ELSE '' END AS role,
			k.redacted, k.created_at, k.last_used_at, k.revoked_at
		FROM api_key AS k `+join+` WHERE k.deleted_at IS NULL ORDER BY k.created_at, k.id`) // all of a small table
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Key])
}

// Revoke ends a key now, also one whose revocation is to come. Its errors are ErrNoKey, ErrRevoked, or the database's.
func Revoke(ctx context.Context, db DB, id, by string) error {
	there, err := lookForTables(ctx, db)
	if err != nil {
		return err
	}
	if !there.Keys {
		return ErrNoKey
	}
	var revoked bool
	// api_key_pkey. The first part has the row as it was.
	err = db.QueryRow(ctx, `
		WITH was AS (
			SELECT id, revoked_at <= now() AS revoked FROM api_key WHERE id = $1 AND deleted_at IS NULL FOR UPDATE
		), done AS (
			UPDATE api_key AS k SET revoked_at = now(), revoked_by = $2, updated_at = now()
			FROM was WHERE k.id = was.id AND was.revoked IS NOT TRUE
		)
		SELECT coalesce(revoked, false) FROM was`, id, by).Scan(&revoked)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNoKey
	case err == nil && revoked:
		return ErrRevoked
	}
	return err
}
