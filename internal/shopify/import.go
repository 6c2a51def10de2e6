package shopify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// Importer imports product exports of Shopify.
type Importer struct {
	DB      *pgxpool.Pool
	Records *recordstore.Store
	Links   *linkstore.Store
	// Currency of the prices, an ISO 4217 code.
	Currency string
	// StockLocation and SalesChannel are names. Records with these names are created if they are missing.
	StockLocation, SalesChannel string
	// Progress gets a progress bar if it is a terminal. nil means none.
	Progress io.Writer
}

// Report counts what an import did.
type Report struct {
	Products, Variants             int
	Created, Updated, LinksCreated int
}

// String returns the report as one line.
func (r Report) String() string {
	read := fmt.Sprintf("%d products with %d variants", r.Products, r.Variants)
	if r.Created+r.Updated+r.LinksCreated == 0 {
		return read + ": nothing to change"
	}
	return fmt.Sprintf(
		"%s: %d records created, %d updated, %d links created",
		read,
		r.Created,
		r.Updated,
		r.LinksCreated,
	)
}

// File imports one file in one transaction, all or nothing, and returns what it did. Importing the same file again
// changes nothing. The error names the file and the line of each fault.
func (i *Importer) File(ctx context.Context, name string) (Report, error) {
	products, err := parse(name)
	if err != nil {
		return Report{}, fmt.Errorf("nothing was imported:\n%w", err)
	}
	if err := i.checkCurrency(ctx); err != nil {
		return Report{}, err
	}
	bar := i.bar(len(products), name)
	var report Report
	err = pgx.BeginFunc(ctx, i.DB, func(tx pgx.Tx) error {
		run := &run{
			ctx:      ctx,
			records:  i.Records.WithTx(tx),
			links:    i.Links.WithTx(tx),
			currency: strings.ToLower(i.Currency),
			file:     name,
			known:    map[string]map[string]string{},
		}
		if err := run.shop(i.StockLocation, i.SalesChannel); err != nil {
			return err
		}
		for start := 0; start < len(products); start += batch {
			part := products[start:min(start+batch, len(products))]
			if err := run.products(part); err != nil {
				return err
			}
			_ = bar.Add(len(part)) // failing to draw the bar does not stop the import
		}
		report = run.report
		return nil
	})
	_ = bar.Finish()
	if err != nil {
		return Report{}, fmt.Errorf("%s: nothing was imported: %w", name, err)
	}
	return report, nil
}

// batch is how many products are written at once.
const batch = 500

func (i *Importer) bar(n int, name string) *progressbar.ProgressBar {
	w := i.Progress
	if f, ok := w.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		w = io.Discard
	}
	return progressbar.NewOptions(n, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(name),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
}

func (i *Importer) checkCurrency(ctx context.Context) error {
	m, _ := i.Records.Catalog().Model("Currency")
	code := strings.ToLower(i.Currency)
	f := &recordstore.Fetch{Model: m, Keys: []string{code}}
	if err := i.Records.Read(ctx, f); err != nil {
		return err
	}
	if f.Result[code] == nil {
		return fmt.Errorf("there is no currency %q: give an ISO 4217 code, such as eur", i.Currency)
	}
	return nil
}

// run is the import of one file.
type run struct {
	ctx      context.Context //nolint:containedctx // it lives as long as the import of one file
	records  *recordstore.Store
	links    *linkstore.Store
	currency string
	file     string
	report   Report
	location string
	channel  string
	known    map[string]map[string]string // ids of types and tags, by model and value
}

type values = recordstore.Values

// model returns a model of the core modules. A missing model is a bug.
func (r *run) model(name string) (*recordstore.Model, error) {
	m, ok := r.records.Catalog().Model(name)
	if !ok {
		return nil, errors.New("there is no model " + name)
	}
	return m, nil
}

// find returns the live records whose field has one of the values.
func (r *run) find(model, field string, in []string) ([]*recordstore.Record, error) {
	m, err := r.model(model)
	if err != nil || len(in) == 0 {
		return nil, err
	}
	column, _ := m.Column(field)
	list := make([]any, len(in))
	for i, v := range in {
		list[i] = v
	}
	all := make([]int, len(m.Columns))
	for i := range all {
		all[i] = i
	}
	l := &recordstore.List{
		Model: m, Columns: all, Where: recordstore.Compare{Column: column, Op: recordstore.In, Value: list},
		Page: &recordstore.Page{Limit: 1_000_000},
	}
	if err := r.records.Read(r.ctx, l); err != nil {
		return nil, err
	}
	records := make([]*recordstore.Record, len(l.Result.Rows))
	for i, row := range l.Result.Rows {
		records[i] = row.Record
	}
	return records, nil
}

func (r *run) create(model string, records []values) ([]string, error) {
	if len(records) == 0 {
		return nil, nil
	}
	m, err := r.model(model)
	if err != nil {
		return nil, err
	}
	r.report.Created += len(records)
	var ids []string
	for start := 0; start < len(records); start += maxPerCall {
		made, err := r.records.Create(r.ctx, m, records[start:min(start+maxPerCall, len(records))])
		if err != nil {
			return nil, shiftIndex(err, start)
		}
		ids = append(ids, made...)
	}
	return ids, nil
}

// maxPerCall is how many records or links one call writes.
const maxPerCall = 5000

// shiftIndex adds by to the index of an error, for a call that wrote a part of a longer list.
func shiftIndex(err error, by int) error {
	var item *recordstore.ItemError
	if errors.As(err, &item) {
		return &recordstore.ItemError{Index: item.Index + by, Err: item.Err}
	}
	return err
}

// update writes the records whose values differ from the stored ones.
func (r *run) update(model string, there []*recordstore.Record, wanted []values) error {
	m, err := r.model(model)
	if err != nil {
		return err
	}
	var changes []values
	for i, want := range wanted {
		change := values{}
		for field, v := range want {
			column, ok := m.Column(field)
			if ok && !sameValue(&m.Columns[column], there[i].Values[column], v) {
				change[field] = v
			}
		}
		if len(change) > 0 {
			change[m.PrimaryKey] = there[i].ID()
			changes = append(changes, change)
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return r.change(m, changes)
}

func (r *run) change(m *recordstore.Model, changes []values) error {
	r.report.Updated += len(changes)
	for start := 0; start < len(changes); start += maxPerCall {
		if _, err := r.records.Update(r.ctx, m, changes[start:min(start+maxPerCall, len(changes))]); err != nil {
			return err
		}
	}
	return nil
}

// sameValue reports whether a stored value equals one to be written.
func sameValue(col *recordstore.Column, have, want any) bool {
	n, err := recordstore.Normalize(col, want)
	if err != nil {
		return false // the write will report what is wrong
	}
	if have == nil || n == nil {
		return have == nil && n == nil
	}
	switch col.Type {
	case recordstore.JSON:
		return canonical(have) == canonical(n)
	case recordstore.Decimal:
		return trimDecimal(fmt.Sprint(have)) == trimDecimal(fmt.Sprint(n))
	case recordstore.Float:
		return fmt.Sprintf("%.6g", have) == fmt.Sprintf("%.6g", n)
	}
	return fmt.Sprint(have) == fmt.Sprint(n)
}

func canonical(v any) string {
	raw, _ := v.(json.RawMessage)
	var any any
	if json.Unmarshal(raw, &any) != nil {
		return string(raw)
	}
	text, err := json.Marshal(any)
	if err != nil {
		return string(raw)
	}
	return string(text)
}

func trimDecimal(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// named returns the id of the record with a name, which it creates if it is missing.
func (r *run) named(model, name string) (string, error) {
	if strings.TrimSpace(name) == "" {
		return "", fmt.Errorf("a %s needs a name", model)
	}
	found, err := r.find(model, "name", []string{name})
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return found[0].ID(), nil
	}
	ids, err := r.create(model, []values{{"name": name}})
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// shop finds or creates the stock location and the sales channel, and links them.
func (r *run) shop(location, channel string) error {
	var err error
	if r.location, err = r.named("StockLocation", location); err != nil {
		return err
	}
	if r.channel, err = r.named("SalesChannel", channel); err != nil {
		return err
	}
	return r.link("sales_channel_stock_location", [][2]string{{r.channel, r.location}}, nil)
}

// link creates links and counts the new ones.
func (r *run) link(name string, pairs [][2]string, data map[string]any) error {
	for start := 0; start < len(pairs); start += maxPerCall {
		var items []linkstore.Item
		for _, p := range pairs[start:min(start+maxPerCall, len(pairs))] {
			items = append(items, linkstore.Item{Link: name, Left: p[0], Right: p[1], Data: data})
		}
		results, err := r.links.Create(r.ctx, items, linkstore.CreateOptions{})
		if err != nil {
			return err
		}
		for _, res := range results {
			if res.Outcome != linkstore.Unchanged {
				r.report.LinksCreated++
			}
		}
	}
	return nil
}

// atLine adds the line of the row that a batch's error is about.
func (r *run) atLine(err error, line func(item int) int) error {
	var item *recordstore.ItemError
	if errors.As(err, &item) {
		return fmt.Errorf("%s:%d: %w", r.file, line(item.Index), item.Err)
	}
	return err
}
