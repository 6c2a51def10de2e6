// Package api_key holds the rules of the api_key module: how keys are made, and that a revoked one stays so.
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

// Rules are the rules of the module's models.
func Rules() map[string]recordstore.Rule {
	return map[string]recordstore.Rule{"ApiKey": {Create: create, Update: change}}
}

// kept is what a change of a key is compared with.
type kept struct {
	ID, Type  string
	Revoked   bool
	RevokedBy *string
	// Same says that the change leaves revoked_at as it is.
	Same bool
}

// change refuses what would make a key good again that was revoked, or make another of it. The store has locked the rows, so
// a revocation is not missed that is written at the same time.
func change(ctx context.Context, tx pgx.Tx, records []recordstore.Values) error {
	ids, times := make([]string, len(records)), make([]*time.Time, len(records))
	for i, r := range records {
		ids[i], _ = r["id"].(string)
		if at, ok := r["revoked_at"].(time.Time); ok {
			times[i] = &at
		}
	}
	// api_key_pkey
	rows, err := tx.Query(ctx, `
		SELECT k.id, k.type, k.revoked_at IS NOT NULL AND k.revoked_at <= now() AS revoked, k.revoked_by,
			k.revoked_at IS NOT DISTINCT FROM given.revoked_at AS same
		FROM unnest($1::text[], $2::timestamptz[]) AS given (id, revoked_at) JOIN api_key AS k ON k.id = given.id`, ids, times)
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[kept])
	if err != nil {
		return err
	}
	byID := map[string]kept{}
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

func (k kept) allow(r recordstore.Values) error {
	if to, ok := r["type"]; ok && to != k.Type {
		return &recordstore.ValueError{
			Field:  "type",
			Value:  to,
			Reason: "does not change once the key is made; make another key",
		}
	}
	if !k.Revoked {
		return nil
	}
	if at, ok := r["revoked_at"]; ok && !k.Same {
		return &recordstore.ValueError{
			Field:  "revokedAt",
			Value:  at,
			Reason: "does not change: the key is revoked, which is final; make another key",
		}
	}
	if by, ok := r["revoked_by"]; ok && (by == nil) != (k.RevokedBy == nil) || ok && by != nil && by != *k.RevokedBy {
		return &recordstore.ValueError{
			Field:  "revokedBy",
			Value:  by,
			Reason: "does not change: the key is revoked, which is final",
		}
	}
	return nil
}

// create makes the tokens. A publishable key is no secret and kept as it is. A secret key is kept as a salted hash, as
// Medusa does, and shown this once.
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
			r["redacted"] = redact(token)
		}
		if err != nil {
			return fmt.Errorf("make api key: %w", err)
		}
		if r["redacted"] == nil {
			token, _ := r["token"].(string)
			r["redacted"] = redact(token)
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

// Hash is the form in which a secret key's token is kept: 64 bytes of scrypt with Node's default cost, in hexadecimal.
func Hash(token, salt string) (string, error) {
	hash, err := scrypt.Key([]byte(token), []byte(salt), 16384, 8, 1, 64)
	return hex.EncodeToString(hash), err
}

// redact shows enough of a token to recognise it.
func redact(token string) string { return token[:6] + "***" + token[len(token)-3:] }
