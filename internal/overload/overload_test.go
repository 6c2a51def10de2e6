package overload

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// blocking is a handler whose requests end when the test says so.
type blocking struct {
	running, most atomic.Int64
	release       chan struct{}
}

func (b *blocking) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := b.running.Add(1)
	defer b.running.Add(-1)
	for most := b.most.Load(); n > most && !b.most.CompareAndSwap(most, n); most = b.most.Load() {
	}
	_, _ = io.Copy(io.Discard, r.Body)
	<-b.release
	_, _ = io.WriteString(w, "done")
}

func ask(ctx context.Context, h http.Handler) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{}`)).WithContext(ctx))
	return w
}

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func TestQueue(t *testing.T) {
	t.Parallel()
	b := &blocking{release: make(chan struct{})}
	l := New(Config{Running: 2, Queued: 1, Wait: time.Minute})
	h := l.Handler(b)
	var done sync.WaitGroup
	for range 3 {
		done.Go(func() {
			if w := ask(t.Context(), h); w.Code != http.StatusOK {
				t.Errorf("a request that waited: %d", w.Code)
			}
		})
	}
	waitFor(t, "two run and one waits", func() bool { s := l.Stats(); return s.Running == 2 && s.Queued == 1 })

	w := ask(t.Context(), h)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("one too many: %d %v", w.Code, w.Header())
	}
	var answer struct {
		Data   *json.RawMessage
		Errors []struct{ Extensions struct{ Code, Reason string } }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || len(answer.Errors) != 1 || answer.Errors[0].Extensions.Code != "UNAVAILABLE" {
		t.Errorf("%v: %s", err, w.Body)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if w := ask(gone, h); w.Code != http.StatusServiceUnavailable {
		t.Errorf("one too many that is gone: %d", w.Code)
	}

	close(b.release)
	done.Wait()
	if s := l.Stats(); s.Running != 0 || s.Queued != 0 || s.Rejected[Full] != 2 {
		t.Errorf("in the end: %+v", s)
	}
	if b.most.Load() != 2 {
		t.Errorf("%d ran at a time", b.most.Load())
	}
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	b := &blocking{release: make(chan struct{})}
	l := New(Config{Running: 1, Queued: 5, Wait: 20 * time.Millisecond})
	h := l.Handler(b)
	var done sync.WaitGroup
	done.Go(func() { ask(t.Context(), h) })
	waitFor(t, "one runs", func() bool { return l.Stats().Running == 1 })
	if w := ask(t.Context(), h); w.Code != http.StatusServiceUnavailable {
		t.Errorf("past the time: %d", w.Code)
	}
	patient := New(Config{Running: 1, Queued: 5, Wait: time.Minute})
	patient.slots <- struct{}{}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if w := ask(gone, patient.Handler(b)); w.Code != http.StatusServiceUnavailable || patient.Stats().Rejected[Gone] != 1 {
		t.Errorf("a client that is gone: %d", w.Code)
	}
	close(b.release)
	done.Wait()
	if s := l.Stats(); s.Rejected[TooLong] != 1 || s.Queued != 0 {
		t.Errorf("in the end: %+v", s)
	}
}

func TestPreflightsAreNotQueued(t *testing.T) {
	t.Parallel()
	l := New(Config{Running: 1, Queued: 0, Wait: time.Minute})
	l.slots <- struct{}{}
	w := httptest.NewRecorder()
	l.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })).
		ServeHTTP(w, httptest.NewRequest(http.MethodOptions, "/graphql", nil))
	if w.Code != http.StatusNoContent {
		t.Errorf("%d", w.Code)
	}
}

// TestSlowBodies has clients that never send what they announced take all places they can get. Others still get one.
func TestSlowBodies(t *testing.T) {
	t.Parallel()
	l := New(Config{Running: 4, Queued: 100, Wait: time.Minute})
	h := l.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	var done sync.WaitGroup
	var clients []*io.PipeWriter
	for i := range 10 {
		body, client := io.Pipe()
		clients = append(clients, client)
		r := httptest.NewRequest(http.MethodPost, "/graphql", body)
		if r.ContentLength = -1; i%2 == 0 {
			r.ContentLength = 100
		}
		done.Go(func() { h.ServeHTTP(httptest.NewRecorder(), r) })
	}
	waitFor(t, "half of the places are taken", func() bool { s := l.Stats(); return s.Running == 2 && s.Queued == 3 })
	if w := ask(t.Context(), h); w.Code != http.StatusOK {
		t.Errorf("a quick request beside slow ones: %d", w.Code)
	}
	for _, c := range clients {
		c.Close()
	}
	done.Wait()
}

func TestBodyIsHandedOn(t *testing.T) {
	t.Parallel()
	l := New(Config{Running: 1, Queued: 1, Wait: time.Minute})
	for _, size := range []int{0, 1, smallBody, smallBody + 1} {
		var got []byte
		h := l.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got, _ = io.ReadAll(r.Body) }))
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(strings.Repeat("x", size))))
		if len(got) != size {
			t.Errorf("%d bytes of %d", len(got), size)
		}
	}
}

// TestFlood sends far more than can be taken. Everyone is answered, no more run than may, and nothing is left.
func TestFlood(t *testing.T) {
	t.Parallel()
	var running, most, served, refused atomic.Int64
	l := New(Config{Running: 4, Queued: 8, Wait: time.Minute})
	h := l.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		n := running.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(time.Millisecond)
		running.Add(-1)
	}))
	var done sync.WaitGroup
	for range 2000 {
		done.Go(func() {
			switch w := ask(context.Background(), h); w.Code {
			case http.StatusOK:
				served.Add(1)
			case http.StatusServiceUnavailable:
				refused.Add(1)
			default:
				t.Errorf("answered %d", w.Code)
			}
		})
	}
	done.Wait()
	s := l.Stats()
	if most.Load() > 4 || served.Load()+refused.Load() != 2000 || s.Rejected[Full] != refused.Load() || served.Load() == 0 {
		t.Errorf("at most %d ran, %d served, %d refused: %+v", most.Load(), served.Load(), refused.Load(), s)
	}
	if s.Running != 0 || s.Queued != 0 {
		t.Errorf("left behind: %+v", s)
	}
}
