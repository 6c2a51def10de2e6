package recordstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/jackc/pgx/v5"
)

// Codes is a list of codes that columns hold, such as those of currencies.
type Codes struct {
	// What is what one of them is called: "currency code".
	What string
	// Advice says in an error what to do if no known code is like the given one.
	Advice string
	// Known are codes that are accepted without a look into the database, sorted and in lower case. Other cases are accepted too,
	// and written in lower case.
	Known []string
	// Model is the model whose keys are codes too, because a database may have more. "" means none.
	Model string
}

// code returns a value as the code that is stored. The row notes a code that is not known, for checkCodes.
func (s *Store) code(d *pendingRow, col *Column, v any) any {
	text, ok := v.(string)
	if col.Codes == "" || !ok {
		return v
	}
	lower := strings.ToLower(text)
	if _, known := slices.BinarySearch(s.cfg.Codes[col.Codes].Known, lower); known {
		return lower
	}
	d.unknown = append(d.unknown, col)
	return text
}

// checkCodes looks up the codes that are not known, as they are given and in lower case. Rows that have none cost no statement.
// The error is an *ItemError.
func (w *writer) checkCodes(ctx context.Context, pending []pendingRow) error {
	asked := map[string][]string{}
	for _, d := range pending {
		for _, col := range d.unknown {
			code := textOf(d.values[col.Name])
			asked[col.Codes] = append(asked[col.Codes], code, strings.ToLower(code))
		}
	}
	found := map[string]map[string]bool{}
	for list, codes := range asked {
		var err error
		if found[list], err = w.findCodes(ctx, w.store.cfg.Codes[list].Model, codes); err != nil {
			return err
		}
	}
	for i, d := range pending {
		for _, col := range d.unknown {
			code := textOf(d.values[col.Name])
			lower := strings.ToLower(code)
			switch {
			case found[col.Codes][code]: // a record may spell its code with capitals
			case found[col.Codes][lower]:
				d.values[col.Name] = lower
			default:
				return &ItemError{Index: i, Err: w.store.cfg.Codes[col.Codes].unknown(col, code)}
			}
		}
	}
	return nil
}

// findCodes returns which of the codes are keys of records.
func (w *writer) findCodes(ctx context.Context, model string, codes []string) (map[string]bool, error) {
	m, ok := w.store.catalog.byName[model]
	if !ok || m.absent {
		return nil, nil
	}
	live := ""
	if m.SoftDelete {
		live = " AND deleted_at IS NULL"
	}
	slices.Sort(codes)
	rows, err := w.tx.Query(ctx, fmt.Sprintf(
		`SELECT %[2]s::text FROM %[1]s WHERE %[2]s = ANY($1::text[])%[3]s`,
		m.table(),
		quote(m.Columns[m.primary].Name),
		live,
	), slices.Compact(codes))
	if err != nil {
		return nil, classify(err)
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, classify(err)
	}
	found := make(map[string]bool, len(keys))
	for _, k := range keys {
		found[k] = true
	}
	return found, nil
}

// unknown returns the error of a code that does not exist.
func (c Codes) unknown(col *Column, code string) error {
	e := &InvalidError{
		Field:   col.Field,
		Value:   code,
		Reason:  fmt.Sprintf("%q is no known %s", code, c.What),
		Nearest: nearest(strings.ToLower(code), c.Known),
	}
	if len(e.Nearest) == 0 && c.Advice != "" {
		e.Reason += "; " + c.Advice
	}
	return e
}

// mostNearest is how many codes a message suggests.
const mostNearest = 3

// nearest returns the codes that a typing error most likely meant: one letter off, or two exchanged.
func nearest(code string, known []string) []string {
	type near struct {
		code     string
		distance int
	}
	var all []near
	for _, k := range known {
		distance := levenshtein.ComputeDistance(code, k)
		if letters(code) == letters(k) {
			distance = 0
		}
		if distance <= 1 {
			all = append(all, near{k, distance})
		}
	}
	slices.SortStableFunc(all, func(a, b near) int { return cmp.Compare(a.distance, b.distance) })
	var codes []string
	for _, n := range all[:min(len(all), mostNearest)] {
		codes = append(codes, n.code)
	}
	return codes
}

func letters(s string) string {
	sorted := []byte(s)
	slices.Sort(sorted)
	return string(sorted)
}
