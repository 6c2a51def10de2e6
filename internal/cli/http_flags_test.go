package cli

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/internal/access/accesstest"
	"github.com/linkgraph/linkgraph/internal/servertest"
)

// TestHTTPFlags starts a server with flags that say how it is served: each does what it says.
func TestHTTPFlags(t *testing.T) {
	t.Parallel()
	dir := servertest.DataDir(t)
	s := serve(
		t,
		"--data-dir",
		dir,
		"--no-demo",
		"--batch",
		"2",
		"--max-header",
		"8192",
		"--max-aliases",
		"1",
		"--cors-origin",
		"https://a.example",
		"--cors-origin",
		"https://b.example",
		"--no-suggestions",
		"--apq-cache",
		"0",
	)
	send := func(body string, headers ...string) (int, http.Header, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/graphql", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		answer, err := accesstest.Client(t).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, answer.Header, string(text)
	}
	if _, _, body := send(
		`[{"query":"{ __typename }"},{"query":"{ __typename }"}]`,
	); !strings.HasPrefix(
		body,
		`[{"data"`,
	) {
		t.Errorf("--batch: %s", body)
	}
	status, _, _ := send(`{"query":"{ __typename }"}`, "X-Large", strings.Repeat("x", 16<<10))
	if status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("--max-header: %d", status)
	}
	if _, _, body := send(
		`{"query":"{ a: __typename b: __typename }"}`,
	); !strings.Contains(
		body,
		"above the limit of 1",
	) {
		t.Errorf("--max-aliases: %s", body)
	}
	if _, header, _ := send(
		`{"query":"{ __typename }"}`,
		"Origin",
		"https://b.example",
	); header.Get(
		"Access-Control-Allow-Origin",
	) != "https://b.example" {
		t.Errorf("--cors-origin: %v", header)
	}
	if _, _, body := send(`{"query":"{ prducts { totalCount } }"}`); strings.Contains(body, "Did you mean") {
		t.Errorf("--no-suggestions: %s", body)
	}
	if _, _, body := send(`{"documentId":"sha256:00"}`); !strings.Contains(body, "PERSISTED_QUERY_NOT_SUPPORTED") {
		t.Errorf("--apq-cache: %s", body)
	}
	for _, path := range []string{"/", "/healthz", "/nothing", "/graphql", "/graphql?query={__typename}"} {
		r, err := accesstest.Client(t).Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.Header.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.Contains(r.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") ||
			r.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", path, r.Header)
		}
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}

	// What is wrong with a flag ends the start.
	trusted := filepath.Join(t.TempDir(), "trusted.json")
	if err := os.WriteFile(trusted, []byte(`{"good": "{ __typename }", "old": "{ gone }"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		`trusted document old: input:1:3: Cannot query field "gone"`: {"--trusted-documents", trusted},
		`origin "*"`:   {"--cors-origin", "*"},
		`missing.json`: {"--trusted-documents", filepath.Join(t.TempDir(), "missing.json")},
	} {
		err := Run(
			t.Context(),
			append([]string{"serve", "--addr", "127.0.0.1:0", "--data-dir", dir, "--no-demo"}, args...),
			io.Discard,
			io.Discard,
		)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestHTTPFlagsHaveTheDefaultsOfTheirHelp(t *testing.T) {
	t.Parallel()
	out := command(t, "serve", "--help")
	for _, want := range []string{
		"--request-timeout=30s", "--max-body=4194304", "--max-header=65536", "--max-url=16384", "--batch=0", "--max-document=262144", "--max-tokens=15000", "--max-aliases=500", "--max-root-fields=100",
		"--max-directives=500", "--max-fragments=200", "--max-spreads=1000", "--max-fields=10000", "--max-repeats=500", "--document-cache=67108864", "--apq-cache=4194304", "--trusted-documents", "--cors-origin", "--compress-from=1400", "--[no-]suggestions",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the help lacks %s:\n%s", want, out)
		}
	}
	if d := orOff(time.Duration(0)); d != -1 {
		t.Errorf("0 is %v", d)
	}
}
