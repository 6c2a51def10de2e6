package observe

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestNamesAreBounded(t *testing.T) {
	t.Parallel()
	n := &names{max: 10}
	var done sync.WaitGroup
	for i := range 1000 {
		done.Go(func() { n.label(fmt.Sprintf("op%d", i)) })
	}
	done.Wait()
	seen := map[string]bool{}
	for i := range 1000 {
		seen[n.label(fmt.Sprintf("op%d", i))] = true
	}
	if len(seen) != 11 || !seen[otherName] {
		t.Errorf("%d labels: %v", len(seen), seen)
	}
	if got := n.label(""); got != anonymousName {
		t.Errorf("no name: %s", got)
	}
	if got := (&names{max: 10}).label(strings.Repeat("x", longestName+1)); got != otherName {
		t.Errorf("a long name: %s", got)
	}
}

func TestWantsTraces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env    string
		wanted bool
		fault  string
	}{
		{"", false, ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318", true, ""},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://localhost:4318/v1/traces", true, ""},
		{"OTEL_TRACES_EXPORTER=otlp", true, ""},
		{"OTEL_TRACES_EXPORTER=none OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318", false, ""},
		{"OTEL_SDK_DISABLED=true OTEL_TRACES_EXPORTER=otlp", false, ""},
		{"OTEL_TRACES_EXPORTER=zipkin", false, "the choices are otlp and none"},
		{"OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_PROTOCOL=grpc", false, "http/protobuf"},
	} {
		getenv := func(name string) string {
			for _, pair := range strings.Fields(c.env) {
				if k, v, _ := strings.Cut(pair, "="); k == name {
					return v
				}
			}
			return ""
		}
		wanted, err := wantsTraces(getenv)
		if wanted != c.wanted || (err == nil) != (c.fault == "") || err != nil &&
			!strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %v, %v", c.env, wanted, err)
		}
	}
	tracing, err := StartTracing(t.Context(), func(string) string { return "" }, slog.Default())
	if tracing != nil || err != nil || New(Config{Tracing: tracing}).tracer != nil {
		t.Errorf("nothing asks for traces: %v, %v", tracing, err)
	}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	log, err := NewLog(&lines, "json", slog.LevelInfo)
	if err != nil {
		t.Fatal(err)
	}
	h := New(Config{Log: log}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log.With("part", 1).ErrorContext(r.Context(), "internal error")
		w.WriteHeader(http.StatusTeapot)
	}))
	for given, kept := range map[string]bool{
		"abc-123": true, strings.Repeat("a", 128): true, "": false, strings.Repeat("a", 129): false, "with space": false, `"quoted"`: false, "a\r\nb": false,
	} {
		lines.Reset()
		r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
		r.Header.Set("x-request-id", given)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		id := w.Header().Get("x-request-id")
		if kept != (id == given) || len(id) < 7 {
			t.Errorf("%q became %q", given, id)
		}
		if n := strings.Count(lines.String(), `"request_id":"`+id+`"`); n != 2 {
			t.Errorf("%d lines of two carry the id:\n%s", n, &lines)
		}
		var line struct {
			Msg, Method, Path string
			Status            int
			Duration          time.Duration
		}
		last := lines.Bytes()[bytes.IndexByte(lines.Bytes(), '\n'):]
		if err := json.Unmarshal(last, &line); err != nil || line.Msg != "request" || line.Method != http.MethodPost ||
			line.Path != "/graphql" || line.Status != 418 {
			t.Errorf("%v: %s", err, last)
		}
	}
	lines.Reset()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/healthz", nil))
	if strings.Contains(lines.String(), `"msg":"request"`) {
		t.Errorf("a line of level info for another path:\n%s", &lines)
	}
	if _, err := NewLog(&lines, "xml", slog.LevelInfo); err == nil {
		t.Error("a format that there is not")
	}
}

func TestLinesWithoutRequest(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	log, err := NewLog(&lines, "text", slog.LevelWarn)
	if err != nil {
		t.Fatal(err)
	}
	log.WithGroup("g").WarnContext(context.Background(), "told", "a", 1)
	log.Info("not told")
	if got := lines.String(); !strings.Contains(got, "g.a=1") || strings.Contains(got, "request_id") ||
		strings.Contains(got, "not told") {
		t.Errorf("%s", got)
	}
}
