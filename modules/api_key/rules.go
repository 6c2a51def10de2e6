// Package api_key holds the rules of the api_key module: how keys are made.
package api_key

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/jackc/pgx/v5"
	"golang.org/x/crypto/scrypt"

	"linkgraph/modules"
)

// Rules are the rules of the module's models.
func Rules() map[string]modules.Rule {
	return map[string]modules.Rule{"ApiKey": {Create: create}}
}

// create makes the tokens. A publishable key is no secret and kept as it is. A secret key is kept as a salted hash, as
// Medusa does, and shown this once.
func create(_ context.Context, _ pgx.Tx, records []modules.Values) error {
	for _, r := range records {
		var err error
		switch r["type"] {
		case "publishable":
			r["token"], err = newToken("pk_")
			r["salt"] = ""
			r[modules.Shown] = modules.Values{"token": r["token"]}
		case "secret":
			var token string
			if token, err = newToken("sk_"); err == nil {
				err = keepSecret(r, token)
			}
			r[modules.Shown] = modules.Values{"token": token}
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

func newToken(prefix string) (string, error) {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	return prefix + hex.EncodeToString(b), nil
}

func keepSecret(r modules.Values, token string) error {
	raw := make([]byte, 16)
	if _, err := rand.Read(raw); err != nil {
		return err
	}
	salt := hex.EncodeToString(raw)
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
