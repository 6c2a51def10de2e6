package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/internal/access/accesstest"
	"github.com/linkgraph/linkgraph/internal/servertest"
)

// server is a run of `serve`.
type server struct {
	url  string
	log  *servertest.Log
	stop func() error
}

func serve(t *testing.T, args ...string) *server {
	t.Helper()
	s := &server{log: &servertest.Log{}}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	var result error
	go func() {
		defer close(ended)
		args := append([]string{"serve", "--addr", "127.0.0.1:0", "--jwt-secret", accesstest.Secret}, args...)
		result = Run(ctx, args, io.Discard, s.log)
	}()
	s.stop = func() error {
		cancel()
		<-ended
		return result
	}
	t.Cleanup(func() { _ = s.stop() })
	url, err := s.log.Address(ended)
	if err != nil {
		select {
		case <-ended:
			servertest.SkipWithoutPostgres(t, result)
			t.Fatalf("%v\n%v", result, err)
		default:
			t.Fatal(err)
		}
	}
	s.url = url
	return s
}

func (s *server) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	r, err := accesstest.Client(t).Get(s.url + path)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, servertest.Body(t, r)
}

func (s *server) post(t *testing.T, query string) string {
	t.Helper()
	r, err := accesstest.Client(t).
		Post(s.url+"/graphql", "application/json", strings.NewReader(fmt.Sprintf(`{"query": %q}`, query)))
	if err != nil {
		t.Fatal(err)
	}
	return servertest.Body(t, r)
}

// lets checks that a header gives access.
func (s *server) lets(t *testing.T, header, value, want string) {
	t.Helper()
	if status, got := s.with(t, header, value); status != http.StatusOK || got != want {
		t.Errorf("with %s: %d %s, want %s", header, status, got, want)
	}
}

// refuses checks that no or bad credentials give none, and are answered by an error of GraphQL and nothing else.
func (s *server) refuses(t *testing.T) {
	t.Helper()
	for header, value := range map[string]string{
		"X-Nothing": "", "Authorization": "Bearer sk_" + strings.Repeat("0", 64), "authorization": "Basic YTpi", "x-publishable-api-key": "pk_unknown",
	} {
		status, got := s.with(t, header, value)
		if status != http.StatusUnauthorized ||
			!regexp.MustCompile(`^\{"errors":\[\{"message":"[^"]+","extensions":\{"code":"UNAUTHENTICATED"\}\}\]\}$`).
				MatchString(got) {
			t.Errorf("%s %s: %d %s", header, value, status, got)
		}
	}
	for _, path := range []string{"/metrics", "/playground/map/map.json"} {
		r, err := http.Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without credentials: %d", path, r.StatusCode)
		}
	}
}

func (s *server) with(t *testing.T, header, value string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(
		t.Context(),
		http.MethodPost,
		s.url+"/graphql",
		strings.NewReader(`{"query":"{ products { totalCount } }"}`),
	)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(header, value)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, servertest.Body(t, response)
}

func TestServe(t *testing.T) {
	t.Parallel()
	dir := servertest.DataDir(t)
	s := serve(t, "--data-dir", dir)
	for path, want := range map[string]string{
		"/healthz": "ok", "/readyz": "ready", "/": "Linkgraph playground", "/playground/settings.json": "variant_demo_gift_box",
		"/graphql?query=%7B+products+%7B+totalCount+%7D+%7D": `{"data":{"products":{"totalCount":3}}}`,
	} {
		if status, body := s.get(t, path); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, _ := s.get(t, "/nothing"); status != http.StatusNotFound {
		t.Errorf("/nothing: %d", status)
	}
	if got := s.post(
		t,
		`mutation { createProducts(input: [{ title: "Kept" }]) { products { handle } } }`,
	); !strings.Contains(
		got,
		`"kept"`,
	) {
		t.Errorf("create: %s", got)
	}
	if status, body := s.get(
		t,
		"/graphql?query=mutation+%7B+deleteProducts(ids:[])+%7B+deletionId+%7D+%7D",
	); !strings.Contains(
		body,
		"errors",
	) ||
		strings.Contains(body, `"data":{`) {
		t.Errorf("a mutation by GET: %d %s", status, body)
	}
	admin := regexp.MustCompile(`Authorization: Bearer (sk_[0-9a-f]{64})\n`).FindStringSubmatch(s.log.String())
	shop := regexp.MustCompile(`x-publishable-api-key: (pk_[0-9a-f]{64})\n`).FindStringSubmatch(s.log.String())
	if admin == nil || shop == nil {
		t.Fatalf("no keys to try:\n%s", s.log)
	}
	s.lets(t, "Authorization", "Bearer "+admin[1], `{"data":{"products":{"totalCount":4}}}`)
	s.lets(t, "x-publishable-api-key", shop[1], `{"data":{"products":{"totalCount":2}}}`)
	s.refuses(t)

	// A second server on the same folder is refused and changes nothing.
	err := Run(t.Context(), []string{"serve", "--addr", "127.0.0.1:0", "--data-dir", dir}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("second server: %v", err)
	}
	if err := s.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}

	// What was written is there after a restart, and the demo store is not loaded again.
	again := serve(t, "--data-dir", dir)
	if got := again.post(
		t,
		`{ products(filter: { handle: { eq: "kept" } }) { totalCount } all: products { totalCount } }`,
	); !strings.Contains(
		got,
		`{"totalCount":1},"all":{"totalCount":4}`,
	) {
		t.Errorf("after a restart: %s", got)
	}
	again.lets(t, "Authorization", "Bearer "+admin[1], `{"data":{"products":{"totalCount":4}}}`)
	if strings.Contains(again.log.String(), "sk_") || strings.Contains(again.log.String(), "pk_") ||
		strings.Count(s.log.String(), admin[1]) != 1 {
		t.Error("keys are shown again")
	}
}

func TestTakenAddress(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := servertest.DataDir(t)
	err = Run(t.Context(), []string{"serve", "--addr", l.Addr().String(), "--data-dir", dir}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "--addr") {
		t.Errorf("got %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Error("the data folder was touched")
	}
}

func command(t *testing.T, args ...string) string {
	t.Helper()
	var out, log servertest.Log
	if err := Run(t.Context(), args, &out, &log); err != nil {
		servertest.SkipWithoutPostgres(t, err)
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, &log)
	}
	return out.String()
}

func TestCommands(t *testing.T) {
	t.Parallel()
	dir := servertest.DataDir(t)
	if out := command(t, "migrate", "--plan", "--data-dir", dir); !strings.Contains(
		out,
		"create      product_variant_price_set",
	) ||
		!strings.Contains(out, "CREATE TABLE") {
		t.Errorf("plan of an empty database:\n%s", out)
	}
	if out := command(t, "migrate", "--data-dir", dir); !strings.Contains(out, "up to date") {
		t.Errorf("migrate: %s", out)
	}
	for _, args := range [][]string{{"links", "plan"}, {"links", "sync"}, {"links", "sync", "--all"}} {
		out := command(t, append(args, "--data-dir", dir)...)
		if strings.Contains(out, "create") || strings.Contains(out, "update") || !strings.Contains(out, "noop") {
			t.Errorf("%v of a database that is up to date:\n%s", args, out)
		}
	}
	file, err := filepath.Abs("../shopify/testdata/tea.csv")
	if err != nil {
		t.Fatal(err)
	}
	if out := command(
		t,
		"import",
		"shopify",
		file,
		"--data-dir",
		dir,
	); !strings.Contains(
		out,
		"2 products with 3 variants: ",
	) {
		t.Errorf("import: %s", out)
	}
	if out := command(t, "import", "shopify", file, "--data-dir", dir); !strings.Contains(out, "nothing to change") {
		t.Errorf("import again: %s", out)
	}
}

func TestHelpNamesFlagsAndEnvironment(t *testing.T) {
	t.Parallel()
	out := command(t, "serve", "--help")
	for _, want := range []string{"--addr", "$ADDR", "--data-dir", "$DATA_DIR", "--database-url", "$DATABASE_URL"} {
		if !strings.Contains(out, want) {
			t.Errorf("the help lacks %s:\n%s", want, out)
		}
	}
	if err := Run(t.Context(), []string{"serve", "--adr", "x"}, io.Discard, io.Discard); err == nil ||
		!strings.Contains(err.Error(), "--addr") {
		t.Errorf("a mistyped flag: %v", err)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	out := command(t, "--version")
	if !regexp.MustCompile(`^linkgraph \S+ \(commit [^)]+, go1\S+\)\n$`).MatchString(out) {
		t.Errorf("got %q", out)
	}
}
