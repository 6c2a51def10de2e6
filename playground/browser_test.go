package playground_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/demo/demotest"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/playground"
)

// world is a demo store.
type world struct {
	graph *graph.Graph
	db    *pgtest.DB
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{db: demotest.New(t)}
	var err error
	if w.graph, err = graph.New(w.db.Pool, graph.Config{Logger: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	return w
}

// site is the pages and the API, at an address of its own, which a browser's storage goes by.
type site struct {
	*world
	url string

	mu       sync.Mutex
	secret   string // the key of admins
	token    string // that a page must be opened with to be told keys; "" asks for none
	pages    http.Handler
	requests []request
}

// request is what the API was sent.
type request struct {
	Query                      string
	OperationName              string
	authorization, publishable string
}

// The publishable key of the demo store, and what the API says to callers that it does not know.
const (
	publishable = "pk_demo"
	refusal     = "send Authorization: Bearer with a secret API key"
)

// newSite returns a site with the secret key sk_first. Its pages know the credentials, if they are told.
func (w *world) newSite(t *testing.T, told bool) *site {
	t.Helper()
	s := &site{world: w}
	s.start("sk_first", told)
	api, err := w.graph.HTTPHandler(graph.HTTP{Authenticate: s.authenticate})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/graphql", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		sent := request{
			authorization: r.Header.Get("Authorization"),
			publishable:   r.Header.Get("X-Publishable-Api-Key"),
		}
		_ = json.Unmarshal(body, &sent)
		s.mu.Lock()
		s.requests = append(s.requests, sent)
		s.mu.Unlock()
		api.ServeHTTP(w, r)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		pages := s.pages
		s.mu.Unlock()
		pages.ServeHTTP(w, r)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// start is a start of the server, with another secret key than before.
func (s *site) start(secret string, told bool) {
	cfg := playground.Config{
		Models: s.graph.Records.Catalog(),
		Guard:  func(next http.Handler) http.Handler { return s.graph.AdminsOnly(s.authenticate, next) },
	}
	if told {
		cfg.Admin = map[string]string{"Authorization": "Bearer " + secret}
		cfg.Storefront = map[string]string{"x-publishable-api-key": publishable}
	}
	if token := s.token; token != "" {
		cfg.Trust = func(r *http.Request) bool { return r.Header.Get(playground.TokenHeader) == token }
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secret, s.pages = secret, playground.Handler(cfg)
}

func (s *site) authenticate(r *http.Request) (graph.Caller, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	authorization := r.Header.Get("Authorization")
	switch {
	case authorization == "Bearer "+s.secret:
		return graph.Caller{ID: "admin", Role: graph.ReadWrite}, nil
	case authorization == "" && r.Header.Get("X-Publishable-Api-Key") == publishable:
		return graph.Caller{Storefront: true, ID: "apk_demo_web"}, nil
	}
	return graph.Caller{}, &graph.CredentialsError{Is: graph.ErrUnauthenticated, Message: refusal}
}

// last returns the request for an operation that came last.
func (s *site) last(operation string) request {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range slices.Backward(s.requests) {
		if r.OperationName == operation || strings.Contains(r.Query, "query "+operation+" ") {
			return r
		}
	}
	return request{}
}

// sent counts the documents that contain a text.
func (s *site) sent(text string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.requests {
		if strings.Contains(r.Query, text) {
			n++
		}
	}
	return n
}

// tab is a tab of the browser.
type tab struct {
	*testing.T
	ctx context.Context //nolint:containedctx // it is the tab of the browser
	// refused says that the API may refuse requests, of which the browser writes into its console.
	refused atomic.Bool
}

// browser starts Chromium. Without one the test is skipped, in CI it fails.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.DisableGPU, chromedp.WindowSize(1500, 950),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true),
		// Names lead nowhere: a page that needs another machine fails.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, closeBrowser := chromedp.NewContext(ctx)
	t.Cleanup(closeBrowser)
	if err := chromedp.Do(ctx); err != nil {
		if !errors.Is(err, exec.ErrNotFound) || os.Getenv("CI") != "" {
			t.Fatalf("no browser for tests: %v", err)
		}
		t.Skipf("no browser for tests: %v", err)
	}
	return ctx
}

// open opens a tab. Requests to other machines, errors in its console and breaches of the policy fail the test.
func open(t *testing.T, parent context.Context, s *site, scheme string, width, height int64) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(parent)
	b := &tab{T: t, ctx: ctx}
	t.Cleanup(closeTab)
	own, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	err = chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if u, err := url.Parse(e.Request.URL); err != nil || u.Host != own.Host && u.Scheme != "data" &&
				u.Scheme != "blob" {
				t.Errorf("asks another machine: %s", e.Request.URL)
			}
		case *log.EventEntryAdded:
			if b.refused.Load() && e.Entry.Source == log.EntrySourceNetwork &&
				strings.Contains(e.Entry.Text, "status of 401") {
				return
			}
			if e.Entry.Level == log.EntryLevelError || e.Entry.Source == log.EntrySourceSecurity {
				t.Errorf("in the console: %s %s", e.Entry.Text, e.Entry.URL)
			}
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError {
				t.Errorf("in the console: %+v", e.Args)
			}
		case *runtime.EventExceptionThrown:
			t.Errorf("exception: %+v", e.ExceptionDetails)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.EmulateViewport(width, height))
	return b
}

const (
	// patience ends a wait for what does not come. It is long, because CI runs other tests beside the browser.
	patience = time.Minute
	// pause is longer than GraphiQL and the page wait for a visitor to go on typing.
	pause = 700 * time.Millisecond
)

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

// click clicks an element once it stands still with nothing over it: the browser is told a place, not an element.
func (b *tab) click(selector string) {
	b.Helper()
	b.wait(fmt.Sprintf("document.querySelector(%q)", selector))
	b.do(chromedp.ScrollIntoView(chromedp.CSS(selector)))
	b.wait(fmt.Sprintf(`(async () => {
		const place = () => {
			const box = document.querySelector(%[1]q)?.getBoundingClientRect();
			return box && [box.x, box.y, box.width, box.height];
		};
		const before = place();
		for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
		const now = place();
		if (!before || !now || String(before) !== String(now)) return false;
		const [x, y, width, height] = now;
		const top = document.elementFromPoint(x + width / 2, y + height / 2);
		return document.querySelector(%[1]q).contains(top);
	})()`, selector))
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible)); err != nil {
		b.Fatalf("click %s: %v", selector, err)
	}
}

// evaluate returns the value of an expression, of its promise if it is one.
func evaluate[T any](b *tab, expression string) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return v
}

// wait waits until an expression, or its promise, is true, on the page that the browser is at by then.
func (b *tab) wait(expression string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](
			"Promise.resolve("+expression+").then(Boolean)", chromedp.EvalAwaitPromise))
		if ok && err == nil {
			return
		}
		select {
		case <-ctx.Done():
			b.Fatalf("wait for %s: %v", expression, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// The editors of GraphiQL, by the ends of their addresses.
const (
	queryEditor  = "operation.graphql"
	headerEditor = "request-headers.json"
	responseText = "response.json"
)

// Where a visitor writes.
const (
	queryInput  = ".graphiql-query-editor textarea"
	headerInput = `[aria-label="Headers"] .graphiql-editor:not(.hidden) textarea`
)

// model is an expression for the text of an editor, whose elements have only what is in sight.
func model(editor string) string {
	return fmt.Sprintf(`globalThis.__MONACO?.editor.getModels().find((m) => m.uri.path.endsWith(%q))`, editor)
}

// document waits until GraphiQL shows a document, and has read it, which it does a moment later.
func (b *tab) document(text string) {
	b.Helper()
	b.wait(fmt.Sprintf(model(queryEditor)+"?.getValue() === %q", text))
	b.do(chromedp.Sleep(250 * time.Millisecond))
}

// paste pastes a text into an editor, for what is there or behind it. Typed, it would be completed by the editor.
func (b *tab) paste(selector, text string, behind bool) {
	b.Helper()
	where := chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	if behind {
		where = chromedp.KeyEvent(kb.End, chromedp.KeyModifiers(chromedp.ModifierCtrl))
	}
	b.wait(fmt.Sprintf("document.querySelector(%q)", selector))
	b.do(chromedp.Focus(chromedp.CSS(selector)), where)
	evaluate[chromedp.Void](b, fmt.Sprintf(`{
		const clipboardData = new DataTransfer();
		clipboardData.setData("text/plain", %q);
		document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
		new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))); // the editor is ready for keys
	}`, text))
}

// run runs an operation of the tab of GraphiQL that is open, of several the one named, and returns the answer.
func (b *tab) run(operation string, several bool) string {
	b.Helper()
	text := b.try(operation, several)
	var answer struct {
		Data   map[string]json.RawMessage
		Errors []any
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || len(answer.Errors) > 0 || len(answer.Data) == 0 {
		b.Errorf("%s: %v %s", operation, err, text)
	}
	return text
}

// try is run for answers that may have errors.
func (b *tab) try(operation string, several bool) string {
	b.Helper()
	b.Logf("run %s", operation)
	// The run before is over, and its menu gone.
	b.wait(fmt.Sprintf(`%s && !document.querySelector("[role=menu]") &&
		getComputedStyle(document.body).pointerEvents !== "none" &&
		document.querySelector(".graphiql-execute-button").matches("[aria-label^=Execute]") &&
		document.querySelector(".graphiql-execute-button").matches("[aria-haspopup=menu]") === %v`, model(responseText), several))
	evaluate[chromedp.Void](b, model(responseText)+`.setValue("")`)
	b.click(".graphiql-execute-button")
	if several {
		item := fmt.Sprintf(
			`[...document.querySelectorAll("[role=menuitem]")].find((i) => i.textContent === %q)`,
			operation,
		)
		b.wait(item)
		evaluate[chromedp.Void](b, item+`.setAttribute("data-chosen", "")`)
		b.click("[role=menuitem][data-chosen]")
	}
	b.wait(model(responseText) + ".getValue()")
	return evaluate[string](b, model(responseText)+".getValue()")
}
