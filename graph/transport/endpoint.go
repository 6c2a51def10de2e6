package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/linkgraph/linkgraph/graph/internal/plan"
	"github.com/linkgraph/linkgraph/internal/dbpool"
	"github.com/linkgraph/linkgraph/internal/overload"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// Endpoint serves GraphQL over HTTP as the draft of that name says (graphql.github.io/graphql-over-http/draft).
type Endpoint struct {
	cfg       Config
	inputs    inputs
	persisted *persisted
	buffers   sync.Pool // of *bytes.Buffer
	zippers   sync.Pool // of *gzip.Writer
}

// New returns an endpoint of a schema. It reports every trusted document that is not valid.
func New(schema *ast.Schema, cfg Config) (*Endpoint, error) {
	documents := newDocuments(schema, cfg.Documents, cfg.DocumentCache, cfg.HideSuggestions)
	persisted, err := newPersisted(documents, &cfg)
	if err != nil {
		return nil, err
	}
	return &Endpoint{cfg: cfg, inputs: inputs{schema, cfg.Read, cfg.HideSuggestions}, persisted: persisted}, nil
}

// Refuser returns an endpoint that answers nothing but refusals.
func Refuser(cfg Config) *Endpoint { return &Endpoint{cfg: cfg} }

var _ graphql.Transport = (*Endpoint)(nil)

// Supports every request: what is not served is refused by Do.
func (*Endpoint) Supports(*http.Request) bool { return true }

// Do answers a request: it reads all of it, waits for a place, makes the whole answer, gives the place back, and sends the
// answer. So a client that sends or reads slowly keeps nobody out.
func (e *Endpoint) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Vary", "Accept")
	media := negotiate(r.Header.Values("Accept"))
	defer e.recover(w, r, media)
	control := http.NewResponseController(w)
	// Deadlines are those of the connection, which has the last answer's still. What has none is a recorder of a test.
	_ = control.SetWriteDeadline(time.Time{})
	body := &meteredBody{ReadCloser: r.Body, ctx: r.Context(), budget: e.bodies(), control: control}
	defer body.release()
	r.Body = body
	requests, batch, no := e.read(w, r, media)
	if no != nil {
		e.refuse(w, media, body.refused(no))
		return
	}
	if requests == nil { // OPTIONS
		w.WriteHeader(http.StatusNoContent)
		return
	}
	body.complete()
	run := &run{Endpoint: e, exec: exec, header: r.Header, safe: r.Method != http.MethodPost, media: media}
	a, no := e.make(r.Context(), control, run, requests, batch)
	if no != nil {
		e.refuse(w, media, no)
		return
	}
	defer a.release()
	body.release() // nothing of it is needed any more
	e.send(w, a)
}

// make runs the requests in a place and returns the answer.
func (e *Endpoint) make(
	ctx context.Context,
	control *http.ResponseController,
	run *run,
	requests []*request,
	batch bool,
) (*reply, *refusal) {
	place, err := e.enter(ctx)
	if err != nil {
		return nil, overloaded(err)
	}
	defer place.Leave()
	run.place = place
	if e.cfg.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, e.cfg.Timeout)
		defer cancel()
	}
	if e.cfg.Begin != nil {
		var release func()
		ctx, release = e.cfg.Begin(ctx)
		defer release()
	}
	ctx, budget := plan.WithBudget(ctx) // of all requests of a batch
	budget.OnAdmit = run.weigh
	if e.cfg.Spent != nil {
		defer func() { e.cfg.Spent(ctx, budget.Points()) }()
	}
	var a *reply
	if batch {
		a = e.composeBatch(run.all(ctx, requests))
	} else {
		resp, status, no := run.one(ctx, requests[0])
		if no != nil {
			return nil, no
		}
		a = e.compose(status, run.media, resp)
	}
	e.compress(ctx, run.header, a)
	if err := e.hold(ctx, control, a); err != nil && !run.wrote {
		a.release()
		return nil, overloaded(err)
	}
	return a, nil
}

// enter waits for a place.
func (e *Endpoint) enter(ctx context.Context) (*overload.Place, error) {
	client := ""
	if e.cfg.Client != nil {
		client = e.cfg.Client(ctx)
	}
	return e.cfg.Gate.Enter(ctx, client)
}

const allowedMethods = "GET, HEAD, POST, OPTIONS"

// read reads the requests. There are none for OPTIONS.
func (e *Endpoint) read(
	w http.ResponseWriter,
	r *http.Request,
	media mediaType,
) (requests []*request, batch bool, no *refusal) {
	switch r.Method {
	case http.MethodOptions:
		w.Header().Set("Allow", allowedMethods)
		return nil, false, nil
	case http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		no = refuse(
			http.StatusMethodNotAllowed,
			codeMethod,
			"the method %s is not served: use GET or POST",
			shorten(r.Method, mostEcho),
		)
		no.allow = allowedMethods
		return nil, false, no
	}
	if media == "" {
		return nil, false, refuse(
			http.StatusNotAcceptable,
			codeNotAcceptable,
			"an answer is %s or %s, in UTF-8; Accept has neither",
			graphqlResponse,
			plainJSON,
		)
	}
	if r.Method != http.MethodPost {
		if forged(r) {
			return nil, false, refuse(
				http.StatusForbidden,
				CodeForbidden,
				"a browser must send one of the headers %s, %s, %s and %s with a GET: no page of another origin can",
				preflightHeaders[0],
				preflightHeaders[1],
				preflightHeaders[2],
				preflightHeaders[3],
			)
		}
		req, no := parseURL(r.URL.RawQuery, e.cfg.MaxURL)
		return []*request{req}, false, no
	}
	body := e.buffer()
	defer e.release(body)
	if no := readBody(w, r, e.cfg.MaxBody, body); no != nil {
		return nil, false, no
	}
	return parseBody(body.Bytes(), e.cfg.MaxBatch)
}

// run runs the requests of one HTTP request.
type run struct {
	*Endpoint
	exec   graphql.GraphExecutor
	header http.Header
	safe   bool // the method says that nothing is changed
	media  mediaType
	place  *overload.Place
	lost   *refusal // the place was lost, because there was none among those of dear requests
	wrote  bool     // a mutation was run, so its answer has to be told
	counts counts   // of all documents so far
}

// one runs a request. What comes back is an answer of GraphQL and its status, or a refusal.
func (r *run) one(ctx context.Context, req *request) (*graphql.Response, int, *refusal) {
	params := &graphql.RawParams{
		Query: req.query, OperationName: req.operationName, Extensions: req.extensions, Headers: r.header,
	}
	params.ReadTime.Start = graphql.GetStartTime(ctx)
	params.ReadTime.End = graphql.Now()
	// What gqlgen hands to its hooks when it cannot make a context for an operation itself.
	op := &graphql.OperationContext{
		Stats:         graphql.Stats{Read: params.ReadTime, OperationStart: params.ReadTime.Start},
		RawQuery:      req.query,
		OperationName: req.operationName,
		Headers:       r.header,
	}
	failed := func(errs ...*gqlerror.Error) (*graphql.Response, int, *refusal) {
		resp := r.exec.DispatchError(graphql.WithOperationContext(ctx, op), errs)
		resp.Data = nil
		return resp, requestErrorStatus(r.media), nil
	}
	doc, no, errs := r.persisted.find(req)
	switch {
	case no != nil:
		return nil, 0, no
	case isForbidden(errs):
		return nil, 0, refuse(http.StatusForbidden, CodeForbidden, "%s", errs[0].Message)
	case errs != nil:
		return failed(errs...)
	}
	params.Query, op.RawQuery, op.Doc = doc.text, doc.text, doc.parsed
	r.counts.add(doc.counts)
	if err := r.cfg.Documents.check(r.counts); err != nil {
		return failed(err)
	}
	var err *gqlerror.Error
	if op.Operation, err = doc.operation(req.operationName); err != nil {
		return failed(err)
	}
	if r.safe && op.Operation.Operation != ast.Query {
		// The draft, "GET": "the server MUST respond with an appropriate 4xx status code and halt execution; status code
		// 405 (Method Not Allowed) is RECOMMENDED".
		no := refuse(http.StatusMethodNotAllowed, codeMethod, "a %s is sent by POST", op.Operation.Operation)
		no.allow = http.MethodPost
		return nil, 0, no
	}
	variables, err := r.inputs.read(doc.variables[op.Operation], req.variables)
	if err != nil {
		return failed(err)
	}
	ctx = context.WithValue(ctx, documentKey{}, doc)
	made, errs := r.exec.CreateOperationContext(ctx, params)
	if errs != nil {
		op = made
		return failed(errs...)
	}
	made.Variables = variables
	if r.weigh(ctx, doc.wasSlow(time.Now())) != nil {
		return nil, 0, r.lost
	}
	kind := op.Operation.Operation
	if no := r.writing(ctx, kind); no != nil {
		return nil, 0, no
	}
	running, sessions, done := dbpool.WithRequest(ctx)
	if kind == ast.Mutation {
		running, sessions, done = dbpool.WithWriting(ctx)
	}
	defer done()
	next, opCtx := r.exec.DispatchOperation(running, made)
	resp := next(opCtx)
	if r.lost != nil && op.Operation.Operation != ast.Mutation {
		return nil, 0, r.lost
	}
	if err := sessions.Refused(); err != nil && resp != nil && len(resp.Errors) > 0 {
		return nil, 0, overloaded(err)
	}
	return r.finish(ctx, made, resp)
}

// writing gets a request that writes a place among those that do.
func (r *run) writing(ctx context.Context, kind ast.Operation) *refusal {
	if kind != ast.Mutation || r.wrote {
		return nil
	}
	if err := r.place.Write(ctx); err != nil {
		r.lost = overloaded(err)
		return r.lost
	}
	r.wrote = true
	return nil
}

// finish decides what of an execution is answered.
func (r *run) finish(
	ctx context.Context,
	op *graphql.OperationContext,
	resp *graphql.Response,
) (*graphql.Response, int, *refusal) {
	cut := ctx.Err() != nil && (resp == nil || len(resp.Errors) > 0)
	// What a mutation has done is told, even if the time was over before the rest of it was.
	done := resp != nil && op.Operation.Operation == ast.Mutation && len(resp.Data) > 0 && string(resp.Data) != "null"
	switch {
	case cut && !done:
		return nil, 0, r.interrupted(ctx, op.Operation.Operation)
	case resp == nil:
		return nil, 0, refuse(http.StatusInternalServerError, CodeInternal, "internal error")
	case resp.Data == nil:
		return resp, requestErrorStatus(r.media), nil
	}
	return resp, http.StatusOK, nil
}

// interrupted says that time was over, or that nobody waits for the answer any more.
func (r *run) interrupted(ctx context.Context, kind ast.Operation) *refusal {
	status, message := http.StatusServiceUnavailable, "the request was ended before it was answered"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		status, message = http.StatusGatewayTimeout, fmt.Sprintf(
			"the request took longer than %s and was ended",
			r.cfg.Timeout,
		)
	}
	if kind == ast.Mutation {
		message += "; look whether it was done before you repeat it"
	}
	return refuse(status, CodeUnavailable, "%s", message)
}

// weigh takes a place among those of dear requests for an operation that is known to be one: Postgres ended a statement of it that took
// too long, or what it asks for is much.
func (r *run) weigh(ctx context.Context, dear bool) error {
	if r.wrote { // what was done is shown
		return nil
	}
	if r.lost == nil && dear {
		if err := r.place.Dear(ctx); err != nil {
			r.lost = overloaded(err)
		}
	}
	if r.lost != nil {
		return recordstore.ErrUnavailable
	}
	return nil
}

// all runs a list of requests and returns a list of answers, in their order. The draft has no batches: their type is the one
// that every client of batches knows.
func (r *run) all(ctx context.Context, requests []*request) []*graphql.Response {
	r.media = plainJSON
	answers := make([]*graphql.Response, len(requests))
	for i, req := range requests {
		resp, _, no := r.one(ctx, req)
		if no != nil {
			resp = no.response()
		}
		answers[i] = resp
	}
	return answers
}

// recover answers for a panic outside of resolvers, which gqlgen catches.
func (e *Endpoint) recover(w http.ResponseWriter, r *http.Request, media mediaType) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler { //nolint:errorlint // compared as net/http does
		panic(v)
	}
	e.cfg.Logger.ErrorContext(r.Context(), "panic", "panic", v, "stack", string(debug.Stack()))
	e.refuse(w, media, refuse(http.StatusInternalServerError, CodeInternal, "internal error"))
}

// keptBuffer is the largest buffer that is used again.
const keptBuffer = 64 << 10

func (e *Endpoint) buffer() *bytes.Buffer {
	if b, ok := e.buffers.Get().(*bytes.Buffer); ok {
		return b
	}
	return &bytes.Buffer{}
}

func (e *Endpoint) release(b *bytes.Buffer) {
	if b.Cap() <= keptBuffer {
		b.Reset()
		e.buffers.Put(b)
	}
}
