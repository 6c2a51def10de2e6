package importhttp

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/linkgraph/linkgraph/internal/linkfile"
)

// chunk is how many bytes a client must send within Config.ReadTimeout.
const chunk = 64 << 10

// body is the file in a request. It is read no further than it is imported.
type body struct {
	format  linkfile.Format
	from    io.Reader
	parts   *multipart.Reader // nil unless the request is a form
	control *http.ResponseController
	within  time.Duration
	left    int // bytes of the chunk that is read
}

// mediaTypes are those of the formats.
func mediaTypes() map[string]linkfile.Format {
	return map[string]linkfile.Format{
		"text/csv": linkfile.CSV, "application/jsonl": linkfile.JSONL, "application/x-ndjson": linkfile.JSONL,
		"application/ndjson": linkfile.JSONL, "application/x-jsonlines": linkfile.JSONL,
	}
}

const mediaChoices = "send text/csv, application/jsonl or application/x-ndjson, or a file in multipart/form-data"

// open returns the file of a request, before anything of it is read.
func (h *Handler) open(w http.ResponseWriter, r *http.Request) (*body, *refusal) {
	given := r.Header.Get("Content-Type")
	media, params, err := mime.ParseMediaType(given)
	switch {
	case given == "":
		return nil, unsupported("the request has no Content-Type: %s", mediaChoices)
	case err != nil:
		return nil, unsupported("Content-Type %q cannot be read: %s", given, mediaChoices)
	case r.Header.Get("Content-Encoding") != "" && r.Header.Get("Content-Encoding") != "identity":
		return nil, unsupported(
			"Content-Encoding %q is not served: send the file as it is",
			r.Header.Get("Content-Encoding"),
		)
	case r.ContentLength > h.cfg.MaxBytes:
		return nil, tooLarge(h.cfg.MaxBytes)
	}
	b := &body{control: http.NewResponseController(w), within: h.cfg.ReadTimeout}
	b.from = http.MaxBytesReader(w, r.Body, h.cfg.MaxBytes)
	if media == "multipart/form-data" {
		r.Body = io.NopCloser(b.timed(b.from))
		return b, b.ofForm(r)
	}
	b.from = b.timed(b.from)
	format, no := formatOf(media, params)
	b.format = format
	return b, no
}

func formatOf(media string, params map[string]string) (linkfile.Format, *refusal) {
	format, ok := mediaTypes()[media]
	if !ok {
		return "", unsupported("Content-Type %s is not served: %s", media, mediaChoices)
	}
	if charset, given := params["charset"]; given && !strings.EqualFold(charset, "utf-8") {
		return "", unsupported("charset %s is not served: send UTF-8", charset)
	}
	return format, nil
}

// ofForm finds the file in a form. It is the first part, so that the rest need not be kept.
func (b *body) ofForm(r *http.Request) *refusal {
	var err error
	if b.parts, err = r.MultipartReader(); err != nil {
		return refuse(http.StatusBadRequest, codeBadRequest, "the form cannot be read: %s", err)
	}
	part, err := b.parts.NextPart()
	switch {
	case errors.Is(err, io.EOF):
		return refuse(http.StatusBadRequest, codeBadRequest, "the form has no file")
	case err != nil:
		return refuse(http.StatusBadRequest, codeBadRequest, "the form cannot be read: %s", err)
	case part.FileName() == "":
		return refuse(
			http.StatusBadRequest,
			codeBadRequest,
			"the first part of the form, %q, is not a file; other values go into the URL: %s",
			part.FormName(),
			strings.Join(parameterNames(), ", "),
		)
	}
	b.from = part
	if b.format, err = linkfile.FormatOf(part.FileName()); err == nil {
		return nil
	}
	media, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil {
		return unsupported(
			"the file %q has neither an ending nor a Content-Type that tells its format: %s",
			part.FileName(),
			mediaChoices,
		)
	}
	var no *refusal
	b.format, no = formatOf(media, params)
	return no
}

// Read reads the file. A form must end with it.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return n, &readError{err}
	}
	if err == nil || b.parts == nil {
		return n, err
	}
	switch _, next := b.parts.NextPart(); {
	case errors.Is(next, io.EOF):
		return n, io.EOF
	case next != nil:
		return n, &readError{next}
	}
	return n, errSecondPart
}

// readError is a body that cannot be read to its end.
type readError struct{ err error }

func (e *readError) Error() string { return "the body cannot be read: " + e.err.Error() }

func (e *readError) Unwrap() error { return e.err }

// timed returns a reader that gives the client some time for each chunk.
func (b *body) timed(from io.Reader) io.Reader { return &timedReader{b, from} }

type timedReader struct {
	*body
	from io.Reader
}

func (t *timedReader) Read(p []byte) (int, error) {
	if t.left <= 0 {
		t.left = chunk
		_ = t.control.SetReadDeadline(time.Now().Add(t.within)) // recorders of tests have no deadlines
	}
	n, err := t.from.Read(p[:min(len(p), t.left)])
	t.left -= n
	return n, err
}

// expire ends a read that waits for the client.
func (b *body) expire() { _ = b.control.SetReadDeadline(time.Unix(1, 0)) }

// spooled is a body in a temporary file.
type spooled struct{ *os.File }

// spool stores a body.
func (h *Handler) spool(b *body) (spooled, error) {
	f, err := os.CreateTemp(h.cfg.TempDir, "linkgraph-import-")
	if err != nil {
		return spooled{}, err
	}
	s := spooled{f}
	if _, err = io.Copy(f, b); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		s.remove()
		return spooled{}, err
	}
	return s, nil
}

func (s spooled) remove() {
	s.Close()
	os.Remove(s.Name())
}
