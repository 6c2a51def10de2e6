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

// Endpoint serves GraphQL over HTTP (graphql.github.io/graphql-over-http/draft).
type Endpoint struct {
	cfg       Config
	inputs    inputs
	persisted *persisted
	buffers   sync.Pool // of *bytes.Buffer
	zippers   sync.Pool // of *gzip.Writer
}

// New returns an endpoint of a schema. Its error lists every invalid trusted document.
func New(schema *ast.Schema, cfg Config) (*Endpoint, error) {
	documents := newDocuments(schema, cfg.Documents, cfg.DocumentCache, cfg.HideSuggestions)
	persisted, err := newPersisted(documents, &cfg)
	if err != nil {
		return nil, err
	}
	return &Endpoint{cfg: cfg, inputs: inputs{schema, cfg.Read, cfg.HideSuggestions}, persisted: persisted}, nil
}

// Refuser returns an endpoint that only refuses: see Deny.
func Refuser(cfg Config) *Endpoint { return &Endpoint{cfg: cfg} }

var _ graphql.Transport = (*Endpoint)(nil)

// Supports returns true: Do refuses what is not served.
func (*Endpoint) Supports(*http.Request) bool { return true }

// Do answers a request. It reads all of it before it takes a slot of the limiter, and gives the slot back before it
// sends the answer, so that slow clients hold no slots.
func (e *Endpoint) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Vary", "Accept")
	media := negotiate(r.Header.Values("Accept"))
	defer e.recover(w, r, media)
	control := http.NewResponseController(w)
	// Deadlines belong to the connection, which still has that of its last answer. Recorders of tests have none.
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
	run := &run{
		Endpoint: e, exec: exec, header: r.Header, safe: r.Method != http.MethodPost, media: media, batch: batch,
	}
	a, no := e.make(r.Context(), control, run, requests)
	if no != nil {
		e.refuse(w, media, no)
		return
	}
	defer a.release()
	body.release() // its memory is free for others
	e.send(w, a)
}

// make takes a slot, runs the requests and returns the answer.
func (e *Endpoint) make(
	ctx context.Context,
	control *http.ResponseController,
	run *run,
	requests []*request,
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
	if run.batch {
		a = e.composeBatch(run.all(ctx, requests))
	} else {
		resp, status, no := run.one(ctx, requests[0])
		if no != nil {
			return nil, no
		}
		a = e.compose(status, run.media, resp)
		a.replayed = run.replayed
	}
	e.compress(ctx, run.header, a)
	if err := e.hold(ctx, control, a); err != nil && !run.wrote {
		a.release()
		return nil, overloaded(err)
	}
	return a, nil
}

// enter waits for a slot of the limiter.
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

// run is the state of one HTTP request.
type run struct {
	*Endpoint
	exec   graphql.GraphExecutor
	header http.Header
	safe   bool // the method allows no mutations
	batch  bool
	media  mediaType
	place  *overload.Place
	lost   *refusal // the slot was lost: none was free for expensive requests or for writes
	wrote  bool     // a mutation ran, so its answer must be sent
	counts counts   // of all documents so far

	replayed bool // the answer is that of an earlier request
}

// one runs a request. It returns a GraphQL response and its HTTP status, or a refusal.
func (r *run) one(ctx context.Context, req *request) (*graphql.Response, int, *refusal) {
	params := &graphql.RawParams{
		Query: req.query, OperationName: req.operationName, Extensions: req.extensions, Headers: r.header,
	}
	params.ReadTime.Start = graphql.GetStartTime(ctx)
	params.ReadTime.End = graphql.Now()
	// gqlgen's hooks get this context where gqlgen cannot create one.
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
		// The draft, "GET": "the server MUST respond with an appropriate 4xx status code and halt execution; status
		// code 405 (Method Not Allowed) is RECOMMENDED".
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
	key, no := r.idempotency(kind, req, doc.text)
	if no != nil {
		return nil, 0, no
	}
	if no := r.writing(ctx, kind); no != nil {
		return nil, 0, no
	}
	if key != nil {
		ctx = context.WithValue(ctx, idempotencyContextKey{}, key)
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
	if no := r.outcome(key); no != nil {
		return nil, 0, no
	}
	return r.finish(ctx, made, resp)
}

// writing moves a mutation to a slot for writes.
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

// finish returns the answer of an execution, or a refusal if it was cut off.
func (r *run) finish(
	ctx context.Context,
	op *graphql.OperationContext,
	resp *graphql.Response,
) (*graphql.Response, int, *refusal) {
	cut := ctx.Err() != nil && (resp == nil || len(resp.Errors) > 0)
	// The result of a mutation is sent even if the deadline passed before the rest was read.
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

// interrupted returns the refusal of a request whose deadline passed or whose client hung up.
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

// weigh moves an expensive operation to a slot for those: Postgres cancelled one of its statements before, or it asks
// for much.
func (r *run) weigh(ctx context.Context, dear bool) error {
	if r.wrote { // its result must be shown
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

// all runs a batch and returns the answers in the same order. The draft does not define batches; clients of batches
// expect plain JSON.
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

// recover answers 500 after a panic outside of resolvers; gqlgen recovers those inside.
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

// keptBuffer is the capacity in bytes up to which a buffer goes back to the pool.
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
