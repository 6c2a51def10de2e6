package importhttp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/audit"
	"github.com/linkgraph/linkgraph/internal/bookkeeping"
	"github.com/linkgraph/linkgraph/internal/importhttp"
	"github.com/linkgraph/linkgraph/internal/linkfile"
	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// world is a database with the tables of the test catalogue, and a server that imports into it.
type world struct {
	testing.TB
	pool *pgxpool.Pool
	// others are the sessions of other programs.
	others *pgxpool.Pool
	links  *linkstore.Store
	url    string
}

const records = `
	INSERT INTO product (id) SELECT 'p' || n FROM generate_series(1, 20000) AS n;
	INSERT INTO variant (id) SELECT 'v' || n FROM generate_series(1, 9) AS n;
	INSERT INTO item (id) SELECT 'i' || n FROM generate_series(1, 9) AS n;
	INSERT INTO price_set (id) SELECT 's' || n FROM generate_series(1, 9) AS n;
	INSERT INTO channel (id) VALUES ('c1'), ('c2')`

// newWorld has a pool of one session, so that an import that held it would stop everything else.
func newWorld(t testing.TB, cfg importhttp.Config) *world {
	t.Helper()
	catalog, err := linktest.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.NewFrom(t, "importhttp", func(ctx context.Context, pool *pgxpool.Pool) error {
		if _, err := pool.Exec(ctx, linktest.Tables); err != nil {
			return err
		}
		if _, err := linkstore.New(pool, catalog, linkstore.Config{}).Sync(ctx, linkstore.Safe); err != nil {
			return err
		}
		if _, err := bookkeeping.Migrate(ctx, pool); err != nil {
			return err
		}
		_, err := pool.Exec(ctx, records)
		return err
	})
	one := db.Pool.Config()
	one.MaxConns = 1
	one.ConnConfig.RuntimeParams["lock_timeout"] = "200ms"
	pool, err := pgxpool.NewWithConfig(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	w := &world{TB: t, pool: pool, others: db.Pool}
	w.links = linkstore.New(pool, catalog, linkstore.Config{Written: audit.New(audit.Config{}).LinksWritten})
	cfg.DB, cfg.Links, cfg.Log, cfg.TempDir = pool, w.links, slog.New(slog.DiscardHandler), t.TempDir()
	t.Cleanup(func() {
		if left, err := os.ReadDir(cfg.TempDir); err != nil || len(left) > 0 {
			t.Errorf("left in the temporary folder: %v %v", left, err)
		}
	})
	w.url = w.serve(importhttp.New(cfg))
	return w
}

// serve serves a handler to a caller whose role is in the header Role.
func (w *world) serve(h http.Handler) string {
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		role := graph.ReadWrite
		if r.Header.Get("Role") != "" {
			role = graph.Role(r.Header.Get("Role"))
		}
		h.ServeHTTP(
			out,
			r.WithContext(graph.WithCaller(r.Context(), graph.Caller{ID: "key_1", Name: "Ada", Role: role})),
		)
	}))
	w.Cleanup(server.Close)
	return server.URL
}

// answer is what the server says: a report, or an error and a report.
type answer struct {
	DryRun                                      bool
	Rows, Created, Updated, Unchanged, Replaced int
	Rejected, RejectsNotListed                  int
	Rejects                                     []struct {
		Line          int
		Code, Message string
	}
	Errors []struct {
		Message    string
		Extensions struct {
			Code, Reason string
			Line         int
		}
	}
	Report *answer
}

// post sends a body, and returns the status and the answer.
func (w *world) post(query, media string, body io.Reader, headers ...string) (int, answer) {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.url+query, body)
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("Content-Type", media)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close()
	var a answer
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		w.Fatal(err)
	}
	if response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") == "" &&
		len(a.Errors) > 0 &&
		a.Errors[0].Extensions.Reason != "" {
		w.Error("an overloaded server names no time to try again")
	}
	return response.StatusCode, a
}

// live exports the live links.
func (w *world) live() string {
	w.Helper()
	var out bytes.Buffer
	e := linkfile.Exporter{DB: w.pool, Links: w.links, Format: linkfile.CSV, Stdout: &out}
	if _, err := e.File(w.Context(), "-"); err != nil {
		w.Fatal(err)
	}
	return out.String()
}

// count counts rows of the bookkeeping.
func (w *world) count(table string) (n int) {
	w.Helper()
	if err := w.pool.QueryRow(w.Context(), "SELECT count(*) FROM linkgraph."+table).Scan(&n); err != nil {
		w.Fatal(err)
	}
	return n
}

const sample = `link,left,right,quantity
variant_price_set,v1,s1,
product_channel,p1,c1,
variant_item,v1,i1,2.50
variant_item,v1,nobody,1
nothing,v1,s1,
variant_item,v"2,i2,1
variant_item,v2
`

// form returns a form with a file, and its media type.
func form(t testing.TB, name, text string) (*bytes.Buffer, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(part, text)
	w.Close()
	return &b, w.FormDataContentType()
}

// TestImport sends a file in every form, and compares the links with those that the command makes of the file.
func TestImport(t *testing.T) {
	t.Parallel()
	command := newWorld(t, importhttp.Config{})
	path := filepath.Join(t.TempDir(), "links.csv")
	if err := os.WriteFile(path, []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (&linkfile.Importer{DB: command.pool, Links: command.links}).File(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	jsonl := `{"link": "variant_price_set", "left": "v1", "right": "s1"}
{"link": "product_channel", "left": "p1", "right": "c1"}
{"link": "variant_item", "left": "v1", "right": "i1", "quantity": "2.50"}
{"link": "variant_item", "left": "v1", "right": "nobody"}
{"link": "nothing", "left": "v1", "right": "s1"}
{"link" "variant_item"}
[1]`
	csvForm, csvMedia := form(t, "links.csv", sample)
	jsonForm, jsonMedia := form(t, "LINKS.JSONL", jsonl)
	for name, c := range map[string]struct {
		media string
		body  io.Reader
	}{
		"CSV":         {"text/csv", strings.NewReader(sample)},
		"UTF-8":       {"Text/CSV; charset=UTF-8", strings.NewReader(sample)},
		"JSONL":       {"application/jsonl", strings.NewReader(jsonl)},
		"NDJSON":      {"application/x-ndjson", strings.NewReader(jsonl)},
		"Form":        {csvMedia, csvForm},
		"FormOfJSONL": {jsonMedia, jsonForm},
		"Chunked":     {"text/csv", io.MultiReader(strings.NewReader(sample))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, importhttp.Config{})
			status, a := w.post("", c.media, c.body)
			if status != http.StatusOK || a.Rows != 7 || a.Created != 3 || a.Rejected != 4 || len(a.Rejects) != 4 ||
				a.DryRun {
				t.Errorf("%d %+v", status, a)
			}
			if diff := cmp.Diff(command.live(), w.live()); diff != "" {
				t.Errorf("(-command +HTTP):\n%s", diff)
			}
		})
	}
}

// TestRejects names line, code and reason of the rows that were left out, in bounded number.
func TestRejects(t *testing.T) {
	t.Parallel()
	w := newWorld(t, importhttp.Config{MaxRejects: 3})
	_, a := w.post("?batch=2", "text/csv", strings.NewReader(sample))
	var got []string
	for _, r := range a.Rejects {
		got = append(got, fmt.Sprint(r.Line, " ", r.Code, " ", r.Message))
	}
	for i, want := range []string{"5 RECORD_NOT_FOUND there is no Item", `6 LINK_NOT_DEFINED no link "nothing"`, `7 BAD_USER_INPUT column 15: bare "`} {
		if i >= len(got) || !strings.HasPrefix(got[i], want) {
			t.Errorf("got %q, want %s", got, want)
		}
	}
	if a.Rejected != 4 || a.RejectsNotListed != 1 {
		t.Errorf("%+v", a)
	}
	long := `{"link": "variant_item", "left": "v1", "right": "` + strings.Repeat("é", 1500) + `"}`
	if _, a := w.post(
		"",
		"application/jsonl",
		strings.NewReader(long),
	); len(a.Rejects) != 1 ||
		len(a.Rejects[0].Message) > 1100 {
		t.Errorf("a long message: %+v", a)
	}
}

// TestAudit has a row for each batch, with the caller.
func TestAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, importhttp.Config{})
	w.post("?batch=3", "text/csv", strings.NewReader(sample))
	rows, err := w.pool.Query(t.Context(), `
		SELECT concat_ws(' ', caller_kind, caller_id, caller_name, caller_role, operation, action) FROM linkgraph.audit ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
	}
	row := "admin key_1 Ada read-write POST /links/import create_links"
	if diff := cmp.Diff([]string{row, row, row}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDryRun reports what the import then does, and writes nothing.
func TestDryRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, importhttp.Config{})
	before := w.live()
	_, dry := w.post("?dryRun=true", "text/csv", strings.NewReader(sample))
	if w.live() != before || w.count("audit")+w.count("link_event")+w.count("link_import") != 0 {
		t.Error("the dry run has written something")
	}
	_, really := w.post("?dryRun=false", "text/csv", strings.NewReader(sample))
	if !dry.DryRun || really.DryRun {
		t.Errorf("dry %t, really %t", dry.DryRun, really.DryRun)
	}
	dry.DryRun = false
	if diff := cmp.Diff(really, dry); diff != "" {
		t.Errorf("(-real +dry):\n%s", diff)
	}
}

// TestRefusals are of requests of which nothing is imported.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, importhttp.Config{MaxBytes: 100 << 10})
	readOnly := newWorld(t, importhttp.Config{ReadOnly: true})
	twoParts, twoMedia := form(t, "links.csv", "link,left,right\n")
	_, boundary, _ := strings.Cut(twoMedia, "boundary=")
	two := strings.Replace(
		twoParts.String(),
		"--"+boundary+"--",
		"--"+boundary+"\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\ny\r\n--"+boundary+"--",
		1,
	)
	noFile := "--b\r\nContent-Disposition: form-data; name=\"link\"\r\n\r\nx\r\n--b--\r\n"
	unnamed, unnamedMedia := form(t, "links", "link,left,right\n")
	for name, c := range map[string]struct {
		w                  *world
		query, media, body string
		headers            []string
		status             int
		code, message      string
	}{
		"ReadOnlyKey":    {w, "", "text/csv", sample, []string{"Role", "read-only"}, 403, "FORBIDDEN", "needs the role read-write"},
		"ReadOnlyServer": {readOnly, "", "text/csv", sample, nil, 403, "FORBIDDEN", "this server is read-only"},
		"JSON":           {w, "", "application/json", sample, nil, 415, "UNSUPPORTED_MEDIA_TYPE", "send text/csv, application/jsonl"},
		"NoType":         {w, "", "", sample, nil, 415, "UNSUPPORTED_MEDIA_TYPE", "no Content-Type"},
		"NoSuchType":     {w, "", ";", sample, nil, 415, "UNSUPPORTED_MEDIA_TYPE", "cannot be read"},
		"Charset":        {w, "", "text/csv; charset=latin1", sample, nil, 415, "UNSUPPORTED_MEDIA_TYPE", "send UTF-8"},
		"Gzip":           {w, "", "text/csv", sample, []string{"Content-Encoding", "gzip"}, 415, "UNSUPPORTED_MEDIA_TYPE", "send the file as it is"},
		"Parameter":      {w, "?dryrun=true", "text/csv", sample, nil, 400, "BAD_USER_INPUT", `no parameter "dryrun"; the parameters are link, batch, replace, resume, dryRun`},
		"Twice":          {w, "?dryRun=true&dryRun=false", "text/csv", sample, nil, 400, "BAD_USER_INPUT", "dryRun is given 2 times"},
		"Flag":           {w, "?dryRun=yes", "text/csv", sample, nil, 400, "BAD_USER_INPUT", `"yes" is neither true nor false`},
		"Batch":          {w, "?batch=0", "text/csv", sample, nil, 400, "BAD_USER_INPUT", `batch: "0" is not a number of rows`},
		"Link":           {w, "?link=variant_itm", "text/csv", sample, nil, 400, "BAD_USER_INPUT", `no link "variant_itm"; did you mean variant_item?`},
		"LinkLikeNone":   {w, "?link=xyz", "text/csv", sample, nil, 400, "BAD_USER_INPUT", `the links are `},
		"Empty":          {w, "", "text/csv", "", nil, 400, "BAD_USER_INPUT", "line 1: the file is empty"},
		"NoColumn":       {w, "", "text/csv", "link,left\n", nil, 400, "BAD_USER_INPUT", "line 1: the header has no column right: it is link,left; nothing was written"},
		"Column":         {w, "?link=variant_item", "text/csv", "left,right,qty\n", nil, 400, "BAD_USER_INPUT", `line 1: no link has an extra column "qty"; the columns are link, left, right, quantity`},
		"Header":         {w, "", "text/csv", "link,le\"ft,right\n", nil, 400, "BAD_USER_INPUT", `line 1: the header: column 8: bare "`},
		"Large":          {w, "", "text/csv", strings.Repeat("x", 200<<10), nil, 413, "LIMIT_EXCEEDED", "limit of 102400 bytes"},
		"NoFile":         {w, "", "multipart/form-data; boundary=b", noFile, nil, 400, "BAD_REQUEST", `the first part of the form, "link", is not a file`},
		"NoPart":         {w, "", "multipart/form-data; boundary=b", "--b--\r\n", nil, 400, "BAD_REQUEST", "the form has no file"},
		"NoForm":         {w, "", "multipart/form-data; boundary=b", "link,left", nil, 400, "BAD_REQUEST", "the form "},
		"NoBoundary":     {w, "", "multipart/form-data", noFile, nil, 400, "BAD_REQUEST", "the form cannot be read"},
		"TwoParts":       {w, "", twoMedia, two, nil, 400, "BAD_REQUEST", "the form has a second part"},
		"Unnamed":        {w, "", unnamedMedia, unnamed.String(), nil, 415, "UNSUPPORTED_MEDIA_TYPE", "application/octet-stream is not served"},
	} {
		t.Run(name, func(t *testing.T) {
			status, a := c.w.post(c.query, c.media, strings.NewReader(c.body), c.headers...)
			if status != c.status || len(a.Errors) != 1 || a.Errors[0].Extensions.Code != c.code ||
				!strings.Contains(a.Errors[0].Message, c.message) {
				t.Errorf("got %d %+v, want %d %s %s", status, a.Errors, c.status, c.code, c.message)
			}
		})
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodOptions} {
		r := httptest.NewRequest(method, importhttp.Path, nil)
		out := httptest.NewRecorder()
		importhttp.New(importhttp.Config{Links: w.links}).ServeHTTP(out, r)
		if out.Code != http.StatusMethodNotAllowed || out.Header().Get("Allow") != http.MethodPost {
			t.Errorf("%s: %d %v", method, out.Code, out.Header())
		}
	}
	if w.count("audit")+readOnly.count("audit") != 0 {
		t.Error("something was written")
	}
}

// many are n rows, every tenth of which is rejected.
func many(n int) string {
	var b strings.Builder
	b.WriteString("link,left,right\n")
	for i := range n {
		left := fmt.Sprint("p", i+1)
		if i%10 == 9 {
			left = "nobody"
		}
		fmt.Fprintf(&b, "product_channel,%s,c1\n", left)
	}
	return b.String()
}

// TestTooLargeOnTheWay cuts off a body that does not tell its length. What was committed is told, and a second request goes on
// after it.
func TestTooLargeOnTheWay(t *testing.T) {
	t.Parallel()
	text := many(20000)
	w := newWorld(t, importhttp.Config{MaxBytes: int64(len(text)) / 2})
	status, a := w.post("?batch=2000", "text/csv", io.MultiReader(strings.NewReader(text)))
	if status != http.StatusRequestEntityTooLarge || a.Report == nil || a.Report.Rows == 0 || a.Report.Rows%2000 != 0 ||
		!strings.Contains(a.Errors[0].Message, "send the whole file again with ?resume=true") {
		t.Fatalf("%d %+v", status, a)
	}
	w.url = w.serve(importhttp.New(importhttp.Config{DB: w.pool, Links: w.links, Log: slog.New(slog.DiscardHandler)}))
	other := strings.Replace(
		text,
		"p5001,",
		"p5001x,",
		1,
	) // after what tells files apart, and before what was committed
	status, no := w.post("?batch=2000&resume=true", "text/csv", strings.NewReader(other))
	if status != http.StatusConflict || no.Errors[0].Extensions.Code != "CONFLICT" ||
		!strings.Contains(no.Errors[0].Message, "nothing was written") {
		t.Errorf("another file: %d %+v", status, no.Errors)
	}
	audits := w.count("audit")
	status, all := w.post("?batch=2000&resume=true", "text/csv", strings.NewReader(text))
	if status != http.StatusOK || all.Rows != 20000 || all.Created != 18000 || all.Unchanged != 0 ||
		all.Rejected != 2000 ||
		len(all.Rejects) != 2000-a.Report.Rejected ||
		all.RejectsNotListed != a.Report.Rejected {
		t.Errorf(
			"%d: %d rows, %d created, %d rejected, %d listed",
			status,
			all.Rows,
			all.Created,
			all.Rejected,
			len(all.Rejects),
		)
	}
	if got, want := w.count("audit")-audits, (20000-a.Report.Rows)/2000+1; got != want {
		t.Errorf("%d batches were written by the second request, the last of them empty, want %d", got, want)
	}
	if status, again := w.post(
		"?batch=2000&resume=true",
		"text/csv",
		strings.NewReader(text),
	); status != http.StatusOK ||
		again.Rows != 20000 {
		t.Errorf("a third request: %d %+v", status, again)
	}
}

// TestResume goes on after a client that hung up, and refuses another file.
func TestResume(t *testing.T) {
	t.Parallel()
	text := many(4000)
	for _, media := range []string{"text/csv", "application/jsonl"} {
		t.Run(media, func(t *testing.T) {
			t.Parallel()
			file := text
			if media != "text/csv" {
				file = ""
				for _, line := range strings.Split(strings.TrimSpace(text), "\n")[1:] {
					cells := strings.Split(line, ",")
					file += fmt.Sprintf("{\"link\":%q,\"left\":%q,\"right\":%q}\n", cells[0], cells[1], cells[2])
				}
			}
			w := newWorld(t, importhttp.Config{})
			hangUp(t, w.url+"?batch=500", media, file[:len(file)*2/3])
			for w.count("audit") < 5 {
				time.Sleep(10 * time.Millisecond)
			}
			status, a := w.post("?batch=500&resume=true", media, strings.NewReader(file))
			if status != http.StatusOK || a.Rows != 4000 || a.Created != 3600 || a.Unchanged != 0 || a.Rejected != 400 {
				t.Errorf(
					"%d: %d rows, %d created, %d unchanged, %d rejected",
					status,
					a.Rows,
					a.Created,
					a.Unchanged,
					a.Rejected,
				)
			}
			if n := strings.Count(w.live(), "product_channel"); n != 3600 {
				t.Errorf("%d links", n)
			}
		})
	}
}

// hangUp announces more than it sends, and closes the connection.
func hangUp(t *testing.T, url, media, part string) {
	t.Helper()
	host, query, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "?")
	c := dial(t, host)
	fmt.Fprintf(
		c,
		"POST /?%s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 10000000\r\n\r\n%s",
		query,
		media,
		part,
	)
	c.Close()
}

func dial(t *testing.T, host string) net.Conn {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
