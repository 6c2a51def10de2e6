// Package api_key has the rules of the api_key module: how tokens are made, and that revoking a key is final.
package api_key

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/crypto/scrypt"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// Rules returns the rules by model.
func Rules() map[string]recordstore.Rule {
	return map[string]recordstore.Rule{"ApiKey": {Create: create, Update: checkUpdate}}
}

// storedKey is the stored state that an update of a key is checked against.
type storedKey struct {
	ID, Type  string
	Revoked   bool
	RevokedBy *string
	// Same is true if the update leaves revoked_at unchanged.
	Same bool
}

// checkUpdate refuses updates that would change the type of a key, or make a revoked key good again. The store has
// locked the rows, so a concurrent revocation is seen.
func checkUpdate(ctx context.Context, tx pgx.Tx, records []recordstore.Values) error {
	ids, times := make([]string, len(records)), make([]*time.Time, len(records))
	for i, r := range records {
		ids[i], _ = r["id"].(string)
		if at, ok := r["revoked_at"].(time.Time); ok {
			times[i] = &at
		}
	}
	// Relies on the primary key.
	rows, err := tx.Query(ctx, `
		SELECT k.id, k.type, k.revoked_at IS NOT NULL AND k.revoked_at <= now() AS revoked, k.revoked_by,
			k.revoked_at IS NOT DISTINCT FROM given.revoked_at AS same
		FROM unnest($1::text[], $2::timestamptz[]) AS given (id, revoked_at) JOIN api_key AS k ON k.id = given.id`, ids, times)
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[storedKey])
	if err != nil {
		return err
	}
	byID := map[string]storedKey{}
	for _, k := range found {
		byID[k.ID] = k
	}
	for i, r := range records {
		if err := byID[ids[i]].allow(r); err != nil {
			return &recordstore.ItemError{Index: i, Err: err}
		}
	}
	return nil
}

func (k storedKey) allow(r recordstore.Values) error {
	if to, ok := r["type"]; ok && to != k.Type {
		return &recordstore.InvalidError{
			Field:  "type",
			Value:  to,
			Reason: "does not change once the key is made; make another key",
		}
	}
	if !k.Revoked {
		return nil
	}
	if at, ok := r["revoked_at"]; ok && !k.Same {
		return &recordstore.InvalidError{
			Field:  "revokedAt",
			Value:  at,
			Reason: "does not change: the key is revoked, which is final; make another key",
		}
	}
	if by, ok := r["revoked_by"]; ok && (by == nil) != (k.RevokedBy == nil) || ok && by != nil && by != *k.RevokedBy {
		return &recordstore.InvalidError{
			Field:  "revokedBy",
			Value:  by,
			Reason: "does not change: the key is revoked, which is final",
		}
	}
	return nil
}

// create generates the tokens. A publishable key is no secret, so it is stored as it is. A secret key is stored as a
// salted hash, as Medusa does, and its token is returned this once.
func create(_ context.Context, _ pgx.Tx, records []recordstore.Values) error {
	for _, r := range records {
		var err error
		switch r["type"] {
		case "publishable":
			r["token"] = NewToken("pk_")
			r["salt"] = ""
			r[recordstore.Shown] = recordstore.Values{"token": r["token"]}
		case "secret":
			token := NewToken("sk_")
			err = keepSecret(r, token)
			r[recordstore.Shown] = recordstore.Values{"token": token}
			r["redacted"] = Redact(token)
		}
		if err != nil {
			return fmt.Errorf("make api key: %w", err)
		}
		if r["redacted"] == nil {
			token, _ := r["token"].(string)
			r["redacted"] = Redact(token)
		}
		if r["created_by"] == nil {
			r["created_by"] = ""
		}
	}
	return nil
}

// NewToken returns a new token that nobody can guess: the prefix and 32 random bytes in hexadecimal.
func NewToken(prefix string) string { return prefix + randomHex(32) }

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func keepSecret(r recordstore.Values, token string) error {
	salt := randomHex(16)
	hash, err := Hash(token, salt)
	r["token"], r["salt"] = hash, salt
	return err
}

// Hash returns the stored form of a secret key's token: 64 bytes of scrypt in hexadecimal, with the default cost of
// Node.js.
func Hash(token, salt string) (string, error) {
	hash, err := scrypt.Key([]byte(token), []byte(salt), 16384, 8, 1, 64)
	return hex.EncodeToString(hash), err
}

// Redact returns enough of a token to recognise it by, as Medusa displays it. Medusa finds secret keys by it.
func Redact(token string) string { return token[:6] + "***" + token[len(token)-3:] }
