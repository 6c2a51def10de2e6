package transport

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/linkgraph/linkgraph/graph/internal/jsonread"
)

// request holds the parameters of a GraphQL request: those of the draft, "Request Parameters", and documentId of its
// appendix "Persisted Documents".
type request struct {
	query, documentID, operationName string
	hasQuery                         bool
	variables                        variables
	extensions                       map[string]any
}

// refusal is the answer to a request that is malformed or not served.
type refusal struct {
	status        int
	code, message string
	allow         string // the allowed methods, for status 405
	reason        string // extensions.reason; "" for most
}

func refuse(status int, code, format string, args ...any) *refusal {
	return &refusal{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// malformed refuses a request that is not well-formed: 400.
func malformed(format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, codeBadRequest, format, args...)
}

// parseURL parses the request of a GET.
func parseURL(rawQuery string, limit int) (*request, *refusal) {
	if len(rawQuery) > limit {
		return nil, refuse(
			http.StatusRequestURITooLong,
			CodeLimit,
			"the query of the URL has %d bytes, which is above the limit of %d; send it by POST",
			len(rawQuery),
			limit,
		)
	}
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, malformed("the query of the URL is not encoded as application/x-www-form-urlencoded")
	}
	req := &request{}
	// The draft, "GET": "Specifying the empty string for optional request parameters is equivalent to not specifying
	// them".
	for _, name := range []string{"query", "documentId", "operationName", "variables", "extensions"} {
		given := values[name]
		switch {
		case len(given) > 1:
			return nil, malformed("%s is given %d times", name, len(given))
		case len(given) == 0 || given[0] == "":
			continue
		case !utf8.ValidString(given[0]):
			return nil, malformed("%s is not UTF-8", name)
		}
		if no := req.member(name).parse(given[0]); no != nil {
			return nil, no
		}
	}
	req.hasQuery = req.query != ""
	return req, nil
}

// parse parses a parameter of a URL.
func (p *member) parse(text string) *refusal {
	if p.text != nil {
		*p.text = text
		return nil
	}
	d := jsonread.New([]byte(text))
	read := p.object
	if d.PeekKind() == jsontext.KindNull {
		read = (*jsontext.Decoder).SkipValue
	}
	err := read(d)
	if err == nil {
		err = jsonread.End(d)
	}
	return unfit(p.name, p.name, err)
}

// readBody reads the body of a POST into a buffer.
func readBody(w http.ResponseWriter, r *http.Request, limit int64, into *bytes.Buffer) *refusal {
	if !isJSON(r.Header.Get("Content-Type")) {
		return refuse(
			http.StatusUnsupportedMediaType,
			codeMediaType,
			"the Content-Type of a request must be application/json, in UTF-8",
		)
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
		return refuse(
			http.StatusRequestEntityTooLarge,
			CodeLimit,
			"the body has more bytes than the limit of %d",
			limit,
		)
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

// parseBody parses the request, or the batch, of a POST.
func parseBody(body []byte, maxBatch int) (requests []*request, batch bool, no *refusal) {
	d := jsonread.New(body)
	if batch = d.PeekKind() == jsontext.KindBeginArray; batch {
		requests, no = parseBatch(d, maxBatch)
	} else if len(bytes.TrimLeft(body, " \t\r\n")) == 0 {
		return nil, false, malformed("the body is empty")
	} else {
		var req *request
		req, no = parseRequest(d)
		requests = []*request{req}
	}
	if no == nil {
		no = unreadable("the body", jsonread.End(d))
	}
	if no != nil {
		return nil, batch, no
	}
	return requests, batch, nil
}

// parseBatch parses a batch. Requests above the limit are skipped, but counted for the message.
func parseBatch(d *jsontext.Decoder, most int) (requests []*request, no *refusal) {
	if most == 0 {
		return nil, refuse(http.StatusBadRequest, codeBatch, "this server takes one request at a time, not a list")
	}
	n := 0
	err := jsonread.List(d, func() error {
		if n++; n > most {
			return d.SkipValue()
		}
		req, refused := parseRequest(d)
		if requests = append(requests, req); refused != nil {
			no = refused
			return errRefused
		}
		return nil
	})
	switch {
	case no != nil:
		return nil, no
	case err != nil:
		return nil, unreadable("the body", err)
	case n == 0:
		return nil, malformed("the list has no requests")
	case n > most:
		return nil, refuse(
			http.StatusBadRequest,
			CodeLimit,
			"requests of the list: %d is above the limit of %d",
			n,
			most,
		)
	}
	return requests, nil
}

// errRefused stops the decoder when a request is refused.
var errRefused = errors.New("refused")

// parseRequest parses one request. Names are case-sensitive, and those that the draft does not define are ignored:
// "Servers receiving a request with additional properties MUST ignore properties they do not understand".
func parseRequest(d *jsontext.Decoder) (*request, *refusal) {
	if kind := d.PeekKind(); kind != jsontext.KindBeginObject {
		is := jsonread.Kind(d)
		if err := d.SkipValue(); err != nil {
			return nil, unreadable("the body", err)
		}
		return nil, malformed("a request must be a JSON object, not %s", is)
	}
	req := &request{}
	var no *refusal
	var given []string
	err := jsonread.Object(d, func(name []byte) error {
		p := req.member(string(name))
		if p == nil {
			return d.SkipValue()
		}
		if slices.Contains(given, p.name) {
			no = malformed("%s is given more than once", p.name)
		} else {
			given = append(given, p.name)
			no = p.read(d)
		}
		if no != nil {
			return errRefused
		}
		return nil
	})
	if no == nil {
		no = unreadable("the body", err)
	}
	return req, no
}

// member is a parameter of a request.
type member struct {
	name   string
	text   *string
	object func(d *jsontext.Decoder) error // decodes an object
	given  *bool
}

func (req *request) member(name string) *member {
	switch name {
	case "query":
		return &member{name: name, text: &req.query, given: &req.hasQuery}
	case "documentId":
		return &member{name: name, text: &req.documentID}
	case "operationName":
		return &member{name: name, text: &req.operationName}
	case "variables":
		return &member{name: name, object: req.variables.read}
	case "extensions":
		return &member{name: name, object: func(d *jsontext.Decoder) (err error) {
			req.extensions, err = readExtensions(d)
			return err
		}}
	}
	return nil
}

// read decodes the value of a member. The draft, "JSON Encoding": "Specifying null for optional request parameters is
// equivalent to not specifying them". query is not optional.
func (p *member) read(d *jsontext.Decoder) *refusal {
	if p.given != nil {
		*p.given = true
	} else if d.PeekKind() == jsontext.KindNull {
		return unreadable("the body", d.SkipValue())
	}
	if p.object != nil {
		return unfit(p.name, "the body", p.object(d))
	}
	var err error
	*p.text, err = jsonread.String(d)
	return unfit(p.name, "the body", err)
}

func readExtensions(d *jsontext.Decoder) (map[string]any, error) {
	extensions := map[string]any{}
	return extensions, jsonread.Object(d, func(name []byte) error {
		key := string(name)
		if _, given := extensions[key]; given {
			return repeatedError(key)
		}
		v, err := jsonread.Value(d)
		extensions[key] = v
		return err
	})
}

// repeatedError is a name that occurs more than once in an object. Parsers differ in which value they take (RFC 8259,
// section 4), so a proxy in front of this server may have checked another value.
type repeatedError string

func (e repeatedError) Error() string {
	return fmt.Sprintf("has %q more than once", shorten(string(e), mostEcho))
}

// unfit refuses a parameter of the wrong type, or a text that is not JSON.
func unfit(name, text string, err error) *refusal {
	var kind *jsonread.KindError
	var twice repeatedError
	switch {
	case errors.As(err, &kind) && kind.Want == "an object":
		return malformed("%s must be a JSON object, not %s", name, kind.Is)
	case errors.As(err, &kind):
		return malformed("%s must be %s", name, kind)
	case errors.As(err, &twice):
		return malformed("%s %s", name, twice)
	}
	return unreadable(text, err)
}

// unreadable refuses a text that is not JSON.
func unreadable(what string, err error) *refusal {
	if err == nil {
		return nil
	}
	return malformed("%s is not JSON: %s", what, jsonread.Fault(err))
}
