package cli

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/internal/importhttp"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/servertest"
)

// sendImport sends links as CSV with headers, and returns the status and the answer.
func sendImport(t *testing.T, url, body string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+importhttp.Path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/csv")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode, servertest.Body(t, response)
}

// newKey creates a key and returns its token.
func newKey(t *testing.T, url string, args ...string) string {
	t.Helper()
	out, err := try(t, append([]string{"keys", "create", "--title", "t", "--database-url", url}, args...)...)
	if err != nil {
		t.Fatalf("%s\n%v", out, err)
	}
	for word := range strings.FieldsSeq(out) {
		if strings.HasPrefix(word, "sk_") || strings.HasPrefix(word, "pk_") {
			return word
		}
	}
	t.Fatalf("no token: %s", out)
	return ""
}

// TestImportOverHTTP is for admins who may write alone, and has bounds of its own.
func TestImportOverHTTP(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if out, err := try(t, "migrate", "--database-url", db.URL); err != nil {
		t.Fatalf("%s\n%v", out, err)
	}
	if _, err := db.Pool.Exec(t.Context(), `
		INSERT INTO product (id, title, handle) VALUES ('p1', 'a', 'a'), ('p2', 'b', 'b');
		INSERT INTO sales_channel (id, name) VALUES ('s1', 'a')`); err != nil {
		t.Fatal(err)
	}
	writer := newKey(t, db.URL, "--type", "secret")
	reader := newKey(t, db.URL, "--type", "secret", "--role", "read-only")
	shop := newKey(t, db.URL, "--type", "publishable", "--channel", "s1")
	s := serve(t, "--database-url", db.URL, "--max-body", "64", "--import-max-body", "2000")
	const file = "link,left,right\nproduct_sales_channel,p1,s1\nproduct_sales_channel,p2,s1\nproduct_sales_channel,p3,s1\n"
	for name, c := range map[string]struct {
		headers []string
		status  int
		code    string
	}{
		"NoCredentials":  {nil, http.StatusUnauthorized, "UNAUTHENTICATED"},
		"WrongKey":       {[]string{"Authorization", "Bearer sk_x"}, http.StatusUnauthorized, "UNAUTHENTICATED"},
		"Storefront":     {[]string{"X-Publishable-Api-Key", shop}, http.StatusForbidden, "FORBIDDEN"},
		"ReadOnlyAdmin":  {[]string{"Authorization", "Bearer " + reader}, http.StatusForbidden, "FORBIDDEN"},
		"OtherMediaType": {[]string{"Authorization", "Bearer " + writer, "Content-Type", "text/plain"}, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE"},
	} {
		status, body := sendImport(t, s.url, file, c.headers...)
		if status != c.status || !strings.Contains(body, `"code":"`+c.code+`"`) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	status, body := sendImport(t, s.url, file, "Authorization", "Bearer "+writer) // larger than --max-body
	var report struct{ Rows, Created, Rejected int }
	if err := json.Unmarshal(
		[]byte(body),
		&report,
	); err != nil || status != http.StatusOK || report.Rows != 3 || report.Created != 2 ||
		report.Rejected != 1 {
		t.Errorf("%d %s %v", status, body, err)
	}
	if status, body := sendImport(
		t,
		s.url,
		file+strings.Repeat("x", 2000),
		"Authorization",
		"Bearer "+writer,
	); status != http.StatusRequestEntityTooLarge {
		t.Errorf("--import-max-body: %d %s", status, body)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s = serve(t, "--database-url", db.URL, "--max-imports", "0")
	if status, body := sendImport(t, s.url, file, "Authorization", "Bearer "+writer); status != http.StatusNotFound {
		t.Errorf("--max-imports=0: %d %s", status, body)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s = serve(t, "--database-url", db.URL, "--read-only")
	if status, body := sendImport(t, s.url, file, "Authorization", "Bearer "+writer); status != http.StatusForbidden {
		t.Errorf("--read-only: %d %s", status, body)
	}
	for _, c := range []struct{ flag, want string }{
		{"--max-imports=-1", "--max-imports=-1: a negative value"},
		{"--import-max-body=0", "--import-max-body=0: a file has at least 1 byte"},
		{"--import-timeout=0s", "--import-timeout=0s: an import needs some time"},
	} {
		if _, err := try(t, "serve", c.flag); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.flag, err)
		}
	}
}
