package overload

import (
	"net/http"
	"time"
)

// Chunk is how many bytes of an answer a client must take within one write timeout.
const Chunk = 64 << 10

// TimedWrites cuts off clients that read answers of next more slowly than Chunk bytes in each limit.
func TimedWrites(limit time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&timedWriter{ResponseWriter: w, control: http.NewResponseController(w), limit: limit}, r)
	})
}

type timedWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	limit   time.Duration
}

// Write writes a chunk at a time.
func (t *timedWriter) Write(p []byte) (n int, err error) {
	for {
		chunk := p[:min(len(p), Chunk)]
		_ = t.control.SetWriteDeadline(time.Now().Add(t.limit)) // recorders of tests have no deadlines
		written, err := t.ResponseWriter.Write(chunk)
		n += written
		if p = p[len(chunk):]; err != nil || len(p) == 0 {
			return n, err
		}
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (t *timedWriter) Unwrap() http.ResponseWriter { return t.ResponseWriter }
