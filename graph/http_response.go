package graph

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// The codes of requests that are refused before they are GraphQL.
const (
	codeBadRequest    = "BAD_REQUEST"
	codeMethod        = "METHOD_NOT_ALLOWED"
	codeNotAcceptable = "NOT_ACCEPTABLE"
	codeMediaType     = "UNSUPPORTED_MEDIA_TYPE"
	codeBatch         = "BATCHING_NOT_SUPPORTED"
	codeNotTrusted    = "DOCUMENT_NOT_TRUSTED"
	codeNotPersisted  = "PERSISTED_QUERY_NOT_FOUND"
	codeNotPersisting = "PERSISTED_QUERY_NOT_SUPPORTED"
)

// requestErrorStatus is the status of a well-formed request whose document does not parse or validate, whose operation is
// not there, or whose variables do not fit. Such an answer has no data.
//
// The draft, "Status Codes", on application/graphql-response+json: "If the GraphQL response does not contain the data entry
// then the server MUST reply with an appropriate 4xx or 5xx status code". Which one it says by SHOULD: 400 for all of these
// until April 2026, since then 422 for all but a document that does not parse, and 294 in place of 200 for an answer with
// data and errors. The audits of graphql-http, which clients are made after, ask for 400 and 200; so it is these here.
//
// On application/json, the draft until July 2026: "The server SHOULD use the 200 status code for every response to a
// well-formed GraphQL-over-HTTP request", because older clients take another status for a failure of something between.
func requestErrorStatus(media mediaType) int {
	if media == graphqlResponse {
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// response is a refusal as an answer of GraphQL.
func (no *refusal) response() *graphql.Response {
	return &graphql.Response{Errors: gqlerror.List{{Message: no.message, Extensions: map[string]any{"code": no.code}}}}
}

func (e *endpoint) refuse(w http.ResponseWriter, media mediaType, no *refusal) {
	if media == "" { // what can be read by someone at least
		media = plainJSON
	}
	if no.allow != "" {
		w.Header().Set("Allow", no.allow)
	}
	e.write(w, no.status, media, no.response())
}

func (e *endpoint) write(w http.ResponseWriter, status int, media mediaType, resp *graphql.Response) {
	w.Header().Set("Content-Type", string(media)+"; charset=utf-8")
	w.WriteHeader(status)
	b := e.buffer()
	defer e.release(b)
	writeResponse(w, b, resp)
}

func (e *endpoint) writeBatch(w http.ResponseWriter, answers []*graphql.Response) {
	w.Header().Set("Content-Type", string(plainJSON)+"; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	b := e.buffer()
	defer e.release(b)
	for i, resp := range answers {
		b.Reset()
		b.WriteByte("[,"[min(i, 1)])
		writeResponse(w, b, resp)
	}
	_, _ = io.WriteString(w, "]") // a client that hung up is no fault of ours
}

// writeResponse writes what is in the buffer, and then the answer. Its data is JSON already and written as it is:
// json.Marshal would go through every byte of it twice more.
func writeResponse(w io.Writer, b *bytes.Buffer, resp *graphql.Response) {
	sep := byte('{')
	part := func(name string, v any) {
		b.WriteByte(sep)
		sep = ','
		b.WriteString(`"` + name + `":`)
		if v == nil {
			return
		}
		enc := json.NewEncoder(b)
		enc.SetEscapeHTML(false) // nobody reads this as HTML: see SecureHeaders
		_ = enc.Encode(v)        // errors are texts and numbers
		b.Truncate(b.Len() - 1)  // the end of line
	}
	if len(resp.Errors) > 0 {
		part("errors", resp.Errors)
	}
	if resp.Data != nil {
		part("data", nil)
		_, _ = w.Write(b.Bytes())
		_, _ = w.Write(resp.Data)
		b.Reset()
	}
	if len(resp.Extensions) > 0 {
		part("extensions", resp.Extensions)
	}
	if sep == '{' {
		b.WriteByte(sep)
	}
	b.WriteByte('}')
	_, _ = w.Write(b.Bytes())
}
