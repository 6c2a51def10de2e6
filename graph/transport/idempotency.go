package transport

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Header fields of draft-ietf-httpapi-idempotency-key-header, and the one that says that an answer is repeated.
const (
	idempotencyKey     = "Idempotency-Key"
	idempotentReplayed = "Idempotent-Replayed"
)

// longestKey bounds an Idempotency-Key, in bytes. A UUID has 36.
const longestKey = 255

const codeKeyReused = "IDEMPOTENCY_KEY_REUSED"

// Idempotency is the Idempotency-Key of a mutation, and what became of it.
type Idempotency struct {
	Key string
	// Request is a hash of the document, the name of the operation and the variables.
	Request [sha256.Size]byte
	// Replayed says that the answer is that of an earlier request.
	Replayed bool
	// Reused says that the key is that of another request: 422.
	Reused bool
}

type idempotencyContextKey struct{}

// IdempotencyOf returns the Idempotency-Key of the mutation that is run, or nil. Whoever runs it reports in it what became of
// the key.
func IdempotencyOf(ctx context.Context) *Idempotency {
	i, _ := ctx.Value(idempotencyContextKey{}).(*Idempotency)
	return i
}

// idempotency returns the Idempotency-Key of a mutation, or nil if it has none. Queries have no use for one.
func (r *run) idempotency(kind ast.Operation, req *request, document string) (*Idempotency, *refusal) {
	values := r.header.Values(idempotencyKey)
	if kind != ast.Mutation || len(values) == 0 {
		return nil, nil
	}
	switch {
	case !r.cfg.Idempotency:
		return nil, malformed("this server keeps no answers: send the mutation without Idempotency-Key")
	case r.batch:
		return nil, malformed("an Idempotency-Key is for one request, not for a list")
	case len(values) > 1:
		return nil, malformed("Idempotency-Key is given %d times", len(values))
	}
	key, ok := parseKey(values[0])
	if !ok {
		return nil, malformed(
			"an Idempotency-Key has 1 to %d visible ASCII characters, such as those of a UUID",
			longestKey,
		)
	}
	parts := []any{document, req.operationName, req.variables}
	b := &bytes.Buffer{}
	if err := json.NewEncoder(b).Encode(parts); err != nil { // sorts the variables by name
		return nil, malformed("variables are not JSON")
	}
	return &Idempotency{Key: key, Request: sha256.Sum256(b.Bytes())}, nil
}

// parseKey reads a key. The draft has it in double quotes, as RFC 8941 writes strings; most clients leave them out.
func parseKey(header string) (string, bool) {
	key := strings.TrimSpace(header)
	if len(key) >= 2 && key[0] == '"' && key[len(key)-1] == '"' {
		key = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(key[1 : len(key)-1])
	}
	if key == "" || len(key) > longestKey {
		return "", false
	}
	for _, c := range []byte(key) {
		if c < ' ' || c > '~' {
			return "", false
		}
	}
	return key, true
}

// outcome refuses a key that was reused, and remembers whether the answer is repeated.
func (r *run) outcome(key *Idempotency) *refusal {
	if key == nil {
		return nil
	}
	if key.Reused {
		return refuse(
			http.StatusUnprocessableEntity,
			codeKeyReused,
			"the Idempotency-Key %q was used for another request: take a new key for a new request",
			shorten(key.Key, mostEcho),
		)
	}
	r.replayed = key.Replayed
	return nil
}
