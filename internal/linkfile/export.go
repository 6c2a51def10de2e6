package linkfile

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/schollz/progressbar/v3"

	"github.com/linkgraph/linkgraph/linkstore"
)

// Exporter writes the live links of a database. DB and Links are needed.
type Exporter struct {
	DB interface {
		BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)
	}
	Links *linkstore.Store
	// Link is the one that is written. "" means all, in the order of their declaration.
	Link string
	// Format is that of the file. "" means that the name tells.
	Format Format
	// Stdout is written to for the name "-".
	Stdout io.Writer
	// Progress is shown there if it is a terminal. nil means nowhere.
	Progress io.Writer
}

// File writes a file and returns how many links it has: all those of one moment, each link's in the order of the keys. A file is
// there when it is complete, or not at all.
func (e *Exporter) File(ctx context.Context, name string) (int, error) {
	format := e.Format
	if format == "" {
		var err error
		if format, err = FormatOf(name); err != nil {
			return 0, err
		}
	}
	definitions, err := e.definitions()
	if err != nil {
		return 0, err
	}
	if name == "-" {
		return e.write(ctx, e.Stdout, name, format, definitions)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return 0, err
	}
	n, err := e.write(ctx, f, name, format, definitions)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return n, nil
}

// definitions are the links to write.
func (e *Exporter) definitions() ([]*linkstore.Definition, error) {
	if e.Link != "" {
		d, err := definition(e.Links.Catalog(), e.Link)
		return []*linkstore.Definition{d}, err
	}
	all := slices.Clone(e.Links.Catalog().Links())
	return slices.DeleteFunc(all, func(d *linkstore.Definition) bool { return d.ReadOnly != "" }), nil
}

func (e *Exporter) write(
	ctx context.Context,
	w io.Writer,
	name string,
	format Format,
	definitions []*linkstore.Definition,
) (n int, err error) {
	buffered := bufio.NewWriterSize(w, 64<<10)
	out := encoderOf(format, buffered, definitions)
	bar := newCount(e.Progress, name)
	defer func() { _ = bar.Finish() }()
	// One snapshot for all links.
	err = pgx.BeginTxFunc(
		ctx,
		e.DB,
		pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly},
		func(tx pgx.Tx) error {
			links := e.Links.WithTx(tx)
			for _, d := range definitions {
				module, err := links.Module(d.Name)
				if err != nil {
					return err
				}
				err = module.Each(ctx, func(l linkstore.Link) error {
					if n++; n%1000 == 0 {
						_ = bar.Set(n)
					}
					return out(d, l)
				})
				if err != nil {
					return err
				}
			}
			return nil
		},
	)
	return n, errors.Join(err, buffered.Flush())
}

func newCount(w io.Writer, name string) *progressbar.ProgressBar {
	bar := newBar(w, -1, name)
	progressbar.OptionShowBytes(false)(bar)
	progressbar.OptionShowCount()(bar)
	return bar
}

// encoderOf returns what writes a link. CSV has the extra columns of all links that are written.
func encoderOf(
	format Format,
	w *bufio.Writer,
	definitions []*linkstore.Definition,
) func(*linkstore.Definition, linkstore.Link) error {
	if format == JSONL {
		lines := json.NewEncoder(w)
		lines.SetEscapeHTML(false)
		return func(d *linkstore.Definition, l linkstore.Link) error { return lines.Encode(object(d, l)) }
	}
	header := []string{linkColumn, leftColumn, rightColumn}
	for _, d := range definitions {
		for _, c := range d.Columns {
			if !slices.Contains(header[3:], c.Name) {
				header = append(header, c.Name)
			}
		}
	}
	lines := csv.NewWriter(w) // which has no buffer of its own where it is given one
	begun := lines.Write(header)
	cells := make([]string, len(header))
	return func(d *linkstore.Definition, l linkstore.Link) error {
		if begun != nil {
			return begun
		}
		cells[0], cells[1], cells[2] = l.Name, guard(l.Left), guard(l.Right)
		for i, name := range header[3:] {
			cells[3+i] = ""
			if c := extraColumn(d, name); c != nil {
				cells[3+i] = guard(cell(l.Data[name]))
			}
		}
		return lines.Write(cells)
	}
}

func object(d *linkstore.Definition, l linkstore.Link) any {
	if len(d.Columns) == 0 {
		return struct {
			Link  string `json:"link"`
			Left  string `json:"left"`
			Right string `json:"right"`
		}{l.Name, l.Left, l.Right}
	}
	all := map[string]any{linkColumn: l.Name, leftColumn: l.Left, rightColumn: l.Right}
	for name, v := range l.Data {
		all[name] = v
	}
	return all
}

// cell writes a value so that cellValue reads it.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return null
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case json.RawMessage:
		return string(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}
