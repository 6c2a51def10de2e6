package transport

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/linkgraph/linkgraph/graph/internal/bytecache"
)

// persisted finds documents that a request names by hash or id: automatic persisted queries, as Apollo's clients send
// them, and trusted documents.
type persisted struct {
	documents *documents
	kept      *bytecache.Cache[string] // texts by their SHA-256; nil if none are kept
	trusted   map[string]*document     // by id and by SHA-256; nil if every document may run
}

// newPersisted prepares the trusted documents. It returns an error for every invalid one, or with Config.Partial
// drops it.
func newPersisted(d *documents, cfg *Config) (*persisted, error) {
	p := &persisted{documents: d}
	if cfg.Trusted == nil {
		if cfg.PersistedCache > 0 {
			p.kept = bytecache.New[string](cfg.PersistedCache, cfg.PersistedCache/10)
		}
		return p, nil
	}
	p.trusted = map[string]*document{}
	var faults []error
	for _, id := range slices.Sorted(maps.Keys(cfg.Trusted)) {
		doc, errs := d.prepare(cfg.Trusted[id])
		if errs != nil && cfg.Partial {
			continue
		}
		if errs != nil {
			faults = append(faults, fmt.Errorf("trusted document %s: %w", id, errs))
			continue
		}
		doc.trusted = true
		p.trusted[bareID(id)] = doc
		p.trusted[sha256Hex(doc.text)] = doc
	}
	return p, errors.Join(faults...)
}

// ParseTrusted parses a file of trusted documents: a JSON object from ids to documents, as Relay and GraphQL Code
// Generator write it.
func ParseTrusted(file []byte) (map[string]string, error) {
	trusted := map[string]string{}
	if err := json.Unmarshal(file, &trusted); err != nil {
		return nil, fmt.Errorf("trusted documents: want a JSON object from ids to documents: %w", err)
	}
	if len(trusted) == 0 {
		return nil, errors.New("trusted documents: there are none, so nothing could be asked")
	}
	return trusted, nil
}

// bareID strips the prefix that the draft defines for ids that are the SHA-256 of the document.
func bareID(id string) string { return strings.TrimPrefix(id, "sha256:") }

func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Trusted reports whether the operation that the context is of comes from a document that the server was given
// (HTTP.Trusted), and was not made up by the client.
func Trusted(ctx context.Context) bool {
	doc, ok := ctx.Value(documentKey{}).(*document)
	return ok && doc.trusted
}

// find returns the document of a request.
func (p *persisted) find(req *request) (*document, *refusal, gqlerror.List) {
	hash, no := persistedHash(req.extensions)
	if no != nil {
		return nil, no, nil
	}
	if p.trusted != nil {
		doc, no := p.findTrusted(req, hash)
		return doc, no, nil
	}
	id := bareID(req.documentID)
	if hash != "" {
		id = hash
	}
	switch {
	case !req.hasQuery && id == "":
		return nil, malformed("query is missing: it is the text of the document to run"), nil
	case !req.hasQuery:
		return p.recall(id)
	case hash != "" && sha256Hex(req.query) != hash:
		return nil, malformed("provided sha does not match query"), nil
	}
	doc, errs := p.documents.load(req.query)
	// Only valid documents are kept.
	if errs == nil && hash != "" && p.kept != nil {
		p.kept.Add(hash, doc.text, len(doc.text))
	}
	return doc, nil, errs
}

// recall returns a persisted document. Its error is the one upon which Apollo's clients send the text too.
func (p *persisted) recall(hash string) (*document, *refusal, gqlerror.List) {
	if p.kept == nil {
		return nil, nil, gqlerror.List{
			{Message: "PersistedQueryNotSupported", Extensions: map[string]any{"code": codeNotPersisting}},
		}
	}
	text, ok := p.kept.Get(hash)
	if !ok {
		return nil, nil, gqlerror.List{
			{Message: "PersistedQueryNotFound", Extensions: map[string]any{"code": codeNotPersisted}},
		}
	}
	doc, errs := p.documents.load(text)
	return doc, nil, errs
}

func (p *persisted) findTrusted(req *request, hash string) (*document, *refusal) {
	id := bareID(req.documentID)
	if id == "" {
		id = hash
	}
	if id == "" {
		return nil, refuse(
			http.StatusForbidden,
			codeNotTrusted,
			"this server runs the documents that it was given alone: name one by documentId, or by the extension persistedQuery",
		)
	}
	doc, ok := p.trusted[id]
	if !ok {
		return nil, refuse(
			http.StatusForbidden,
			codeNotTrusted,
			"no document of this server has the id %q",
			shorten(id, mostEcho),
		)
	}
	if req.hasQuery && req.query != doc.text {
		return nil, refuse(
			http.StatusForbidden,
			codeNotTrusted,
			"the document that is sent is not the one that the id %q names",
			shorten(id, mostEcho),
		)
	}
	return doc, nil
}

// persistedHash reads extensions.persistedQuery, "" if there is none.
func persistedHash(extensions map[string]any) (string, *refusal) {
	raw := extensions["persistedQuery"]
	if raw == nil {
		return "", nil
	}
	object, _ := raw.(map[string]any)
	hash, _ := object["sha256Hash"].(string)
	if sum, err := hex.DecodeString(hash); err != nil || len(sum) != sha256.Size {
		return "", malformed(
			"extensions.persistedQuery must have the version 1, and in sha256Hash 64 hexadecimal digits",
		)
	}
	if version, _ := object["version"].(json.Number); version != "1" {
		return "", malformed("extensions.persistedQuery must have the version 1")
	}
	return strings.ToLower(hash), nil
}
