package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"unicode/utf8"
)

// request is a GraphQL request as HTTP carries it. Which parameters there are says the draft, "Request Parameters"; the
// documentId is that of its appendix "Persisted Documents".
type request struct {
	query, documentID, operationName string
	hasQuery                         bool
	variables                        variables
	extensions                       map[string]any
}

// refusal is an answer to what is no GraphQL request, or not one that is answered here.
type refusal struct {
	status        int
	code, message string
	allow         string // the methods that are allowed, for status 405
	reason        string // more than the code says, for programs; "" for most
}

func refuse(status int, code, format string, args ...any) *refusal {
	return &refusal{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// malformed refuses what is no well-formed request. Status 400: see status.
func malformed(format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, codeBadRequest, format, args...)
}

// parseURL reads the request of a GET.
func parseURL(rawQuery string, limit int) (*request, *refusal) {
	if len(rawQuery) > limit {
		return nil, refuse(http.StatusRequestURITooLong, codeLimit, "the query of the URL has %d bytes, which is above the limit of %d; send it by POST", len(rawQuery), limit)
	}
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, malformed("the query of the URL is not encoded as application/x-www-form-urlencoded")
	}
	req := &request{}
	// The draft, "GET": "Specifying the empty string for optional request parameters is equivalent to not specifying them".
	for _, p := range []struct {
		name   string
		text   *string
		object *map[string]any
	}{
		{"query", &req.query, nil}, {"documentId", &req.documentID, nil}, {"operationName", &req.operationName, nil},
		{"variables", nil, &req.variables.read}, {"extensions", nil, &req.extensions},
	} {
		given := values[p.name]
		switch {
		case len(given) > 1:
			return nil, malformed("%s is given %d times", p.name, len(given))
		case len(given) == 0 || given[0] == "":
			continue
		case !utf8.ValidString(given[0]):
			return nil, malformed("%s is not UTF-8", p.name)
		case p.text != nil:
			*p.text = given[0]
		default:
			if no := readObject(p.name, []byte(given[0]), p.object); no != nil {
				return nil, no
			}
		}
	}
	req.hasQuery = req.query != ""
	return req, nil
}

// readBody reads the body of a POST into the buffer.
func readBody(w http.ResponseWriter, r *http.Request, limit int64, into *bytes.Buffer) *refusal {
	if !isJSON(r.Header.Get("Content-Type")) {
		return refuse(http.StatusUnsupportedMediaType, codeMediaType, "the Content-Type of a request must be application/json, in UTF-8")
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return refuse(http.StatusUnsupportedMediaType, codeMediaType, "compressed requests are not read")
	}
	_, err := into.ReadFrom(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	var network net.Error
	switch {
	case err == nil:
	case errors.As(err, &large):
		return refuse(http.StatusRequestEntityTooLarge, codeLimit, "the body has more bytes than the limit of %d", limit)
	case errors.As(err, &network) && network.Timeout():
		return refuse(http.StatusRequestTimeout, codeBadRequest, "the body did not come in time")
	default:
		return malformed("the body could not be read to its end")
	}
	if !utf8.Valid(into.Bytes()) {
		return malformed("the body is not UTF-8")
	}
	return nil
}

// parseBody reads the request, or the list of requests, of a POST.
func parseBody(body []byte, maxBatch int) (requests []*request, batch bool, no *refusal) {
	body = bytes.TrimLeft(body, " \t\r\n")
	if len(body) == 0 {
		return nil, false, malformed("the body is empty")
	}
	items := []json.RawMessage{body}
	if body[0] == '[' {
		if maxBatch == 0 {
			return nil, false, refuse(http.StatusBadRequest, codeBatch, "this server takes one request at a time, not a list")
		}
		if err := json.Unmarshal(body, &items); err != nil {
			return nil, false, malformed("the body is not JSON: %s", fault(err))
		}
		if len(items) == 0 {
			return nil, false, malformed("the list has no requests")
		}
		if len(items) > maxBatch {
			return nil, false, refuse(http.StatusBadRequest, codeLimit, "requests of the list: %d is above the limit of %d", len(items), maxBatch)
		}
		batch = true
	}
	for _, item := range items {
		req, ok := plainRequest(string(item))
		if !ok {
			if req, no = parseObject(item); no != nil {
				return nil, batch, no
			}
		}
		requests = append(requests, req)
	}
	return requests, batch, nil
}

// members are those of a request that are looked at.
var members = []string{"query", "documentId", "operationName", "variables", "extensions"}

// repeated returns the names that a JSON object has more than once. Which value of theirs counts is for each reader to say (RFC
// 8259, section 4), so what stands before this server may have looked at another.
func repeated(object []byte) (names []string) {
	d := json.NewDecoder(bytes.NewReader(object))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return nil
	}
	seen := map[string]bool{}
	var skipped json.RawMessage
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		if err != nil || !ok || d.Decode(&skipped) != nil {
			return names
		}
		if seen[name] && !slices.Contains(names, name) {
			names = append(names, name)
		}
		seen[name] = true
	}
	return names
}

// parseObject reads one request, and says what is wrong with it. Names count as they are written, and others than those of the draft are not looked at:
// "Servers receiving a request with additional properties MUST ignore properties they do not understand".
func parseObject(body []byte) (*request, *refusal) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		if kind := kindOf(body); kind != "an object" && json.Valid(body) {
			return nil, malformed("a request must be a JSON object, not %s", kind)
		}
		return nil, malformed("the body is not JSON: %s", fault(err))
	}
	if fields == nil {
		return nil, malformed("a request must be a JSON object, not null")
	}
	for _, name := range repeated(body) {
		if slices.Contains(members, name) {
			return nil, malformed("%s is given more than once", name)
		}
	}
	req := &request{}
	_, req.hasQuery = fields["query"]
	for _, p := range []struct {
		name string
		into *string
	}{{"query", &req.query}, {"documentId", &req.documentID}, {"operationName", &req.operationName}} {
		if no := readString(p.name, fields[p.name], p.into); no != nil {
			return nil, no
		}
	}
	if no := readObject("variables", fields["variables"], &req.variables.read); no != nil {
		return nil, no
	}
	return req, readObject("extensions", fields["extensions"], &req.extensions)
}

func readString(name string, raw json.RawMessage, into *string) *refusal {
	// The draft, "JSON Encoding": "Specifying null for optional request parameters is equivalent to not specifying them".
	// query is not optional.
	if raw == nil || (string(raw) == "null" && name != "query") {
		return nil
	}
	if kind := kindOf(raw); kind != "a string" {
		return malformed("%s must be a string, not %s", name, kind)
	}
	if json.Unmarshal(raw, into) != nil {
		return malformed("%s is no JSON string", name)
	}
	return nil
}

// readObject reads an object with its numbers as they are written.
func readObject(name string, raw json.RawMessage, into *map[string]any) *refusal {
	if raw == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return malformed("%s is not JSON: %s", name, fault(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return malformed("%s is not JSON: more follows after its end", name)
	}
	object, ok := v.(map[string]any)
	if !ok && v != nil {
		return malformed("%s must be a JSON object, not %s", name, kindOf(raw))
	}
	if twice := repeated(raw); len(twice) > 0 {
		return malformed("%s has %q more than once", name, shorten(twice[0], mostEcho))
	}
	*into = object
	return nil
}

// fault says what is wrong with a JSON text in words that are not Go's.
func fault(err error) string {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &syntax) && syntax.Error() == "unexpected end of JSON input":
		return "it ends too early"
	case syntax != nil:
		return fmt.Sprintf("%v, at byte %d", syntax, syntax.Offset)
	default:
		return "it has another form than expected"
	}
}

// kindOf names the kind of a JSON value.
func kindOf(raw []byte) string {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	if len(raw) == 0 {
		return "nothing"
	}
	switch raw[0] {
	case '"':
		return "a string"
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}
