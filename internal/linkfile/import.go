package linkfile

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// Importer brings links in. DB and Links are needed.
type Importer struct {
	DB    recordstore.DB
	Links *linkstore.Store
	// Link is that of rows that name none.
	Link string
	// Format is that of the file. "" means that the name tells.
	Format Format
	// Batch is how many rows are a transaction. 0 means 5,000; it is at most what the store takes.
	Batch int
	// Replace dismisses links that stand in the way of new ones.
	Replace bool
	// Resume goes on where an import of the same file with the same settings stopped. What it had committed is not done again. All of
	// the file that was brought in is compared: a ChangedError says that it is another one. What comes after may have changed.
	Resume bool
	// Rejects is the file that rejected rows are written to, with line and reason. "" means beside the file: links.rejects.csv.
	Rejects string
	// Listed takes the rejected rows instead of a file, if it is not nil.
	Listed *RejectList
	// Owner tells imports of equal files apart that are not to be resumed by each other. "" is that of commands.
	Owner string
	// Again is asked whether a batch that could not be written is tried once more; try counts from 1. A batch that failed has written
	// nothing. nil means that the import stops.
	Again func(ctx context.Context, err error, try int) bool
	// Stdin is read for the name "-".
	Stdin io.Reader
	// Progress is shown there if it is a terminal. nil means nowhere.
	Progress io.Writer
}

// Report says what an import did, with what it had done before it was resumed.
type Report struct {
	Rows      int `json:"rows"`
	Created   int `json:"created"`
	Revived   int `json:"revived"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	Replaced  int `json:"replaced"` // links that were dismissed to make room
	Rejected  int `json:"rejected"`
	// Rejects is where the rejected rows are. "" if there are none.
	Rejects string `json:"rejects,omitempty"`
}

func (r Report) String() string {
	text := fmt.Sprintf(
		"%d rows: %d created, %d revived, %d updated, %d unchanged",
		r.Rows,
		r.Created,
		r.Revived,
		r.Updated,
		r.Unchanged,
	)
	if r.Replaced > 0 {
		text += fmt.Sprintf(", %d replaced", r.Replaced)
	}
	if r.Rejected > 0 {
		text += fmt.Sprintf(", %d rejected: see %s", r.Rejected, r.Rejects)
	}
	return text
}

// progress is what an import has committed. It is written with each batch, in its transaction.
type progress struct {
	Offset      int64  `json:"offset"`
	Sum         string `json:"sum"` // SHA-256 of the file up to there
	RejectBytes int64  `json:"reject_bytes"`
	Done        bool   `json:"done"`
	Report      Report `json:"report"`
}

// largestBatch is how many bytes of a file are a batch, however few rows they are.
const largestBatch = 8 << 20

// File brings a file in, batch by batch, and returns what was committed. Rows that cannot be brought in go to the file of rejects.
// It can be run again: links that are there already are unchanged.
func (i *Importer) File(ctx context.Context, name string) (Report, error) {
	run, err := i.open(ctx, name)
	if err != nil {
		return Report{}, fmt.Errorf("%s: %w", name, err)
	}
	defer run.close()
	report, err := run.finish(ctx)
	if err != nil {
		return report, fmt.Errorf("%s: stopped after %d rows: %w", name, report.Rows, err)
	}
	return report, nil
}

// Stream brings in what a reader gives, as File does with a file: in the same batches, and resumable by who sends the same bytes
// again. Format is needed. name is for messages.
func (i *Importer) Stream(ctx context.Context, name string, in io.Reader) (Report, error) {
	run := &importing{Importer: i, name: name, bar: newBar(nil, -1, name)}
	err := run.identify(ctx, in, i.Format)
	if err == nil {
		err = run.begin(run.in, i.Format)
	}
	if err == nil {
		run.reject, err = run.rejectsOf(i.Format)
	}
	if err != nil {
		return Report{}, err
	}
	defer run.close()
	return run.finish(ctx)
}

func (run *importing) finish(ctx context.Context) (Report, error) {
	err := run.all(ctx)
	return run.state.Report, err
}

// importing is the import of one file.
type importing struct {
	*Importer
	name   string
	key    string // of the state; "" if there is none
	src    source
	file   *os.File      // nil for a stream
	in     *bufio.Reader // nil for the standard input
	head   []byte        // the beginning of a stream
	line   int           // the last one that was read
	digest *digest       // nil for the standard input
	state  progress
	reject rejectSink
	bar    *progressbar.ProgressBar
}

// rejectSink takes rejected rows. write replaces what was written after size, and returns how many rows have a fault and the new
// size.
type rejectSink interface {
	write(rows []row, faults []error, size int64) (n int, next int64, err error)
	location() string
	close()
}

// rejectsOf returns what takes the rejected rows.
func (run *importing) rejectsOf(format Format) (rejectSink, error) {
	if run.Listed != nil {
		run.Listed.begin(run.state.RejectBytes)
		return run.Listed, nil
	}
	file, err := openRejects(run.rejects(run.name, format), run.name, format, run.src.header(), run.state.RejectBytes)
	if err != nil {
		return nil, err
	}
	return file, nil
}

func (i *Importer) open(ctx context.Context, name string) (*importing, error) {
	run := &importing{Importer: i, name: name}
	format := i.Format
	if format == "" {
		var err error
		if format, err = FormatOf(name); err != nil {
			return nil, err
		}
	}
	in, size := i.Stdin, int64(-1)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		run.file, in = f, f
		info, err := f.Stat()
		if err == nil {
			size = info.Size()
			err = run.identify(ctx, f, format)
		}
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
	} else if i.Resume {
		return nil, errors.New("what comes from the standard input cannot be resumed")
	}
	if run.in != nil {
		in = run.in
	}
	err := run.begin(in, format)
	if err == nil {
		run.reject, err = run.rejectsOf(format)
	}
	if err != nil {
		run.close()
		return nil, err
	}
	run.bar = newBar(i.Progress, size, name)
	return run, nil
}

// identify reads the beginning of a file, which tells which one it is, and finds what an earlier import of it has done.
func (run *importing) identify(ctx context.Context, in io.Reader, format Format) error {
	run.in = bufio.NewReaderSize(in, headSize)
	head, err := run.in.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	run.key = run.keyOf(head, format)
	if !run.Resume {
		return nil
	}
	if run.file == nil {
		run.head = bytes.Clone(head)
	}
	var text string
	err = run.DB.QueryRow(ctx, `SELECT progress::text FROM linkgraph.link_import WHERE file = $1`, run.key).
		Scan(&text)
		// relies on the primary key
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), &run.state)
}

// begin opens the source where the import begins.
func (run *importing) begin(in io.Reader, format Format) error {
	line := 1
	if run.in != nil {
		run.digest = newDigest(run.in)
		in = run.digest
	}
	at := run.state.Offset
	if at > 0 {
		var err error
		if line, err = run.resume(); err != nil {
			return err
		}
	}
	if format == JSONL {
		run.src = newJSONL(in, run.Links.Catalog(), run.Link, at, line)
		return nil
	}
	header := in
	if at > 0 {
		header = run.beginning(at)
	}
	src, err := newCSV(header, run.Links.Catalog(), run.Link)
	if err != nil {
		return err
	}
	run.src = src
	if at > int64(len(run.head)) && run.file == nil && src.r.InputOffset() >= int64(len(run.head)) {
		return &FileError{
			1,
			fmt.Errorf("the header is longer than %d bytes: such an import cannot be resumed", headSize),
		}
	}
	if at > 0 {
		src.continueAt(in, at, line)
	}
	return nil
}

// beginning reads what was brought in, as far as it is known: enough for the header.
func (run *importing) beginning(end int64) io.Reader {
	if run.file != nil {
		return io.NewSectionReader(run.file, 0, end)
	}
	return bytes.NewReader(run.head[:min(end, int64(len(run.head)))])
}

func (run *importing) close() {
	if run.file != nil {
		run.file.Close()
	}
	if run.reject != nil {
		run.reject.close()
	}
	if run.bar != nil {
		_ = run.bar.Finish()
	}
}

// all reads the file to its end.
func (run *importing) all(ctx context.Context) error {
	if run.state.Done {
		return nil
	}
	size := run.Batch
	if size <= 0 {
		size = 5000
	}
	size = min(size, run.Links.MaxItems())
	batch := make([]row, 0, size)
	for {
		r, err := run.src.read()
		done := errors.Is(err, io.EOF)
		if err != nil && !done {
			return run.unreadable(err)
		}
		if !done {
			run.line = r.line
			batch = append(batch, r)
		}
		if !done && len(batch) < size && r.end-run.state.Offset < largestBatch {
			continue
		}
		if err := run.persist(ctx, batch, done); err != nil {
			return err
		}
		_ = run.bar.Set64(run.state.Offset) // a bar that cannot be drawn is no reason to stop
		if done {
			return nil
		}
		clear(batch)
		batch = batch[:0]
	}
}

// unreadable returns why no further row could be read.
func (run *importing) unreadable(err error) error {
	if errors.Is(err, errLongRow) {
		return &FileError{run.line + 1, err}
	}
	return fmt.Errorf("after line %d: %w", run.line, err)
}

// persist commits a batch, again if Again says so.
func (run *importing) persist(ctx context.Context, rows []row, done bool) error {
	for try := 1; ; try++ {
		from := run.state.Offset
		err := run.commit(ctx, rows, done)
		if err == nil || run.Again == nil || !run.Again(ctx, err, try) {
			return err
		}
		for len(rows) > 0 && run.state.Offset > from && rows[0].end <= run.state.Offset {
			rows = rows[1:] // a part of the batch was committed before the rest failed
		}
	}
}

// commit writes rows in one transaction, with the state of the import. Where Postgres refuses a value without telling whose it is,
// the halves are tried, down to the row.
func (run *importing) commit(ctx context.Context, rows []row, done bool) error {
	var items []linkstore.Item
	var at []int
	for i, r := range rows {
		if r.fault == nil {
			items, at = append(items, r.item), append(at, i)
		}
	}
	var next progress
	store := run.Links.WithWritten(func(_ context.Context, w linkstore.Written, last *pgx.Batch) error {
		var err error
		next, err = run.settle(rows, at, w, done)
		if err != nil || run.key == "" {
			return err
		}
		text, err := json.Marshal(next)
		last.Queue(`
			INSERT INTO linkgraph.link_import (file, name, progress) VALUES ($1, $2, $3::text::jsonb)
			ON CONFLICT (file) DO UPDATE SET name = EXCLUDED.name, progress = EXCLUDED.progress, updated_at = now()`, run.key, run.name, string(text))
		return err
	})
	_, err := store.Create(ctx, items, linkstore.CreateOptions{Partial: true, Replace: run.Replace})
	switch {
	case err == nil:
		run.state = next
		if run.digest != nil {
			run.digest.advance(next.Offset)
		}
		return nil
	case !refusedValue(err) || len(items) == 0:
		return err
	case len(rows) == 1:
		rows[0].fault = err
		return run.commit(ctx, rows, done)
	}
	half := len(rows) / 2
	if err := run.commit(ctx, rows[:half], false); err != nil {
		return err
	}
	return run.commit(ctx, rows[half:], done)
}

// refusedValue reports whether an error is about what was to be written.
func refusedValue(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code[:2] {
		case "22", "23", "54":
			return true
		}
		return false
	}
	return errors.Is(err, linkstore.ErrInvalid) || errors.Is(err, linkstore.ErrConflict)
}

// settle writes the rejected rows of a batch to their file and returns the state when it is committed. It may be called again
// for the same batch.
func (run *importing) settle(rows []row, at []int, w linkstore.Written, done bool) (progress, error) {
	next := run.state
	next.Done = done
	if len(rows) > 0 {
		next.Offset = rows[len(rows)-1].end
	}
	if run.digest != nil {
		if done {
			next.Offset = run.digest.end() // blank lines may be the last
		}
		var err error
		if next.Sum, err = run.digest.upTo(next.Offset); err != nil {
			return next, err
		}
	}
	r := &next.Report
	r.Rows += len(rows)
	r.Replaced += len(w.Replaced)
	for _, i := range w.Items {
		switch i.Outcome {
		case linkstore.Created:
			r.Created++
		case linkstore.Revived:
			r.Revived++
		case linkstore.Updated:
			r.Updated++
		default:
			r.Unchanged++
		}
	}
	faults := make([]error, len(rows))
	for i := range rows {
		faults[i] = rows[i].fault
	}
	for _, f := range w.Faults {
		faults[at[f.Index]] = byLine(f.Err, func(item int) int { return rows[at[item]].line })
	}
	n, size, err := run.reject.write(rows, faults, run.state.RejectBytes)
	if err != nil {
		return next, fmt.Errorf("rejected rows: %w", err)
	}
	next.RejectBytes = size
	if r.Rejected += n; r.Rejected > 0 {
		r.Rejects = run.reject.location()
	}
	return next, nil
}

// byLine returns the error of an item. If it names two items, it names their lines instead: a file has no items.
func byLine(err error, line func(item int) int) error {
	var exclusion *linkstore.ExclusionError
	if !errors.As(err, &exclusion) {
		return err
	}
	return fmt.Errorf("%s: lines %d and %d exclude each other: %s",
		exclusion.Link, line(exclusion.Other), line(exclusion.Index), exclusion.Reason())
}

func (i *Importer) rejects(name string, format Format) string {
	if i.Rejects != "" {
		return i.Rejects
	}
	if name == "-" {
		return "stdin.rejects." + string(format)
	}
	if dot := strings.LastIndexByte(name, '.'); dot > strings.LastIndexByte(name, os.PathSeparator) {
		name = name[:dot]
	}
	return name + ".rejects." + string(format)
}

// newBar shows bytes of a known or, with -1, an unknown number.
func newBar(w io.Writer, size int64, name string) *progressbar.ProgressBar {
	if f, ok := w.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		w = io.Discard
	}
	return progressbar.NewOptions64(size, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(name),
		progressbar.OptionShowBytes(true), progressbar.OptionClearOnFinish())
}
