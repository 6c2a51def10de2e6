package access

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/modules/api_key"
)

// Errors of Revoke.
var (
	// ErrNoKey means that no key has the id.
	ErrNoKey = errors.New("there is no such API key")
	// ErrRevoked means that the key was revoked before.
	ErrRevoked = errors.New("the API key is revoked already")
)

// tables says which tables the database has.
type tables struct{ Keys, Roles bool }

// lookForTables fails if the role of the database may not use the schema linkgraph: if roles of keys exist but cannot be read, every
// key would seem to be allowed to write.
func lookForTables(ctx context.Context, db interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
},
) (tables, error) {
	var there tables
	err := db.QueryRow(ctx, `SELECT to_regclass('api_key') IS NOT NULL, to_regclass('linkgraph.api_key_role') IS NOT NULL`).
		Scan(&there.Keys, &there.Roles)
	return there, err
}

// role returns the expression for a key's role and the join it needs. A secret key without a role may write, as in Medusa.
func (t tables) role() (column, join string) {
	if !t.Roles {
		return `'read-write'`, ``
	}
	return `coalesce(r.role, 'read-write')`, `LEFT JOIN linkgraph.api_key_role AS r ON r.api_key_id = k.id`
}

// foundKey is the row of a live key.
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

// mayBe reports whether a credential may belong to the key. A publishable key must have the same token, a secret key the same redacted
// token; its hash is checked later.
func (f foundKey) mayBe(c credential) bool {
	if c.kind == publishableKey {
		return f.Type == "publishable" && f.Token == c.token
	}
	return f.Type == "secret" && f.Redacted == api_key.Redact(c.token)
}

// maxCandidates limits how many secret keys are hashed for one request. Redacted tokens have sixteen million values.
const maxCandidates = 8

// findKeys returns the live keys that credentials may belong to: publishable keys by token, secret keys by redacted token. As in Medusa, a
// key that is revoked at a time in the future is live.
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
	// Publishable keys are found by "IDX_api_key_token_unique". Secret keys are few and found by "IDX_api_key_type"; Medusa also has an
	// index on redacted.
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

// SetRole sets the role of a secret key.
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
	ID    string `json:"id"`
	Type  string `json:"type"`
	Title string `json:"title"`
	// Role is a secret key's. Publishable keys have none.
	Role graph.Role `json:"role,omitempty"`
	// Redacted is the token as it is displayed.
	Redacted   string     `json:"redacted"`
	CreatedAt  time.Time  `json:"createdAt"`
	LastUsedAt *time.Time `json:"lastUsedAt"`
	RevokedAt  *time.Time `json:"revokedAt"`
}

// Keys returns all keys that are not deleted, in the order of their creation. A database without the table has none.
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

// Revoke revokes a key now, also if it was to be revoked later. It returns ErrNoKey, ErrRevoked, or an error of the database.
func Revoke(ctx context.Context, db DB, id, by string) error {
	there, err := lookForTables(ctx, db)
	if err != nil {
		return err
	}
	if !there.Keys {
		return ErrNoKey
	}
	var revoked bool
	// Relies on api_key_pkey. The first part reads the row before the update.
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
