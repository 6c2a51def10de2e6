package linkstore

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/linkstore/pgvalue"
	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// Link is a row of a link table.
type Link struct {
	Name                 string // of the definition
	ID                   string
	Left, Right          string
	Data                 map[string]any // extra columns
	CreatedAt, UpdatedAt time.Time
	DeletedAt            *time.Time
}

// Pair returns the ids that the link joins.
func (l Link) Pair() Pair { return Pair{l.Name, l.Left, l.Right} }

func (p Pair) compare(q Pair) int {
	if p.Link != q.Link {
		return strings.Compare(p.Link, q.Link)
	}
	if p.Left != q.Left {
		return strings.Compare(p.Left, q.Left)
	}
	return strings.Compare(p.Right, q.Right)
}

// width returns the number of columns of both keys together.
func (d *Definition) width() int { return len(d.leftKey) + len(d.rightKey) }

// keys returns the columns of both keys, as a select list.
func (d *Definition) keys(alias string) string {
	return d.leftKey.On(alias).List() + ", " + d.rightKey.On(alias).List()
}

// order returns an ORDER BY list that sorts the rows t as Pair.compare sorts pairs, whatever the collation is. All calls
// that lock rows of the table lock them in this order.
func (d *Definition) order() string {
	return d.leftKey.On("t").Order() + ", " + d.rightKey.On("t").Order()
}

// pairArrays returns the parameters from $1 on that pairArgs fills for n pairs.
func (d *Definition) pairArrays(n int) string { return d.pairArraysFrom(1, n) }

// pairArraysFrom is pairArrays for the parameters from $first on.
func (d *Definition) pairArraysFrom(first, n int) string {
	return d.leftKey.Arrays(first, n) + ", " + d.rightKey.Arrays(first+len(d.leftKey), n)
}

// pairArgs returns the ids of pairs as arguments: one array for each key column.
func (d *Definition) pairArgs(left, right []string) []any {
	return slices.Concat(rowkey.Args(left, len(d.leftKey)), rowkey.Args(right, len(d.rightKey)))
}

// argsOf is pairArgs for a list of pairs.
func (d *Definition) argsOf(pairs []Pair) []any {
	left, right := make([]string, len(pairs)), make([]string, len(pairs))
	for i, p := range pairs {
		left[i], right[i] = p.Left, p.Right
	}
	return d.pairArgs(left, right)
}

// pairNames returns the column names of the pairs in a statement's arguments: l and r if each key has one column.
func (d *Definition) pairNames(alias string) string {
	return d.leftKey.Named(alias, "l").List() + ", " + d.rightKey.Named(alias, "r").List()
}

// pairOn returns the condition that a row, t, is the link of a pair, p.
func (d *Definition) pairOn() string {
	return d.leftKey.On("t").
		Equals(d.leftKey.Named("p", "l")) +
		" AND " + d.rightKey.On("t").
		Equals(d.rightKey.Named("p", "r"))
}

// columns returns the select list that scanner reads, for the table alias t.
func (d *Definition) columns() string {
	return d.selected(d.leftKey.On("t").TypedTexts(), d.rightKey.On("t").TypedTexts())
}

// values returns the select list that a linkScan reads: a link without its keys.
func (d *Definition) values() string { return d.selected() }

func (d *Definition) selected(keys ...string) string {
	parts := slices.Concat([]string{`t."id"`}, keys, []string{`t."created_at"`, `t."updated_at"`, `t."deleted_at"`})
	for _, c := range d.Columns {
		text := ""
		if c.Type == Decimal || c.Type == JSON {
			text = "::text"
		}
		parts = append(parts, "t."+quote(c.Name)+text)
	}
	return strings.Join(parts, ", ")
}

// linkScan holds the destinations that a row of values is scanned into.
type linkScan struct {
	def                  *Definition
	dests                []any
	id                   string
	createdAt, updatedAt time.Time
	deletedAt            *time.Time
	data                 []any
}

// scan returns the destinations for rows of values. before holds the destinations of the preceding columns.
func (d *Definition) scan(before ...any) *linkScan { return d.scanWith(before, nil) }

func (d *Definition) scanWith(before, keys []any) *linkScan {
	s := &linkScan{def: d, data: make([]any, len(d.Columns))}
	for i, c := range d.Columns {
		s.data[i] = c.dest()
	}
	s.dests = slices.Concat(before, []any{&s.id}, keys, []any{&s.createdAt, &s.updatedAt, &s.deletedAt}, s.data)
	return s
}

// link returns the link of the row that was scanned last.
func (s *linkScan) link(left, right string) Link {
	l := Link{
		Name:      s.def.Name,
		ID:        s.id,
		Left:      left,
		Right:     right,
		CreatedAt: s.createdAt.UTC(),
		UpdatedAt: s.updatedAt.UTC(),
	}
	if s.deletedAt != nil {
		at := s.deletedAt.UTC()
		l.DeletedAt = &at
	}
	if len(s.data) > 0 {
		l.Data = make(map[string]any, len(s.data))
	}
	for i, c := range s.def.Columns {
		l.Data[c.Name] = c.read(s.data[i])
	}
	return l
}

// scanner returns a function that reads rows of columns. before holds the destinations of the preceding columns.
func (d *Definition) scanner(before ...any) func(row pgx.CollectableRow) (Link, error) {
	left, right := d.leftKey.Row(), d.rightKey.Row()
	s := d.scanWith(before, slices.Concat(left.Dests(), right.Dests()))
	return func(row pgx.CollectableRow) (Link, error) {
		err := row.Scan(s.dests...)
		return s.link(left.Key(), right.Key()), err
	}
}

func (c *Column) dest() any {
	switch c.Type {
	case Integer:
		return new(*int64)
	case Boolean:
		return new(*bool)
	case Timestamp:
		return new(*time.Time)
	case Float:
		return new(*float64)
	default:
		return new(*string)
	}
}

func deref[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

func (c *Column) read(dest any) any {
	switch v := dest.(type) {
	case **int64:
		return deref(*v)
	case **bool:
		return deref(*v)
	case **float64:
		return deref(*v)
	case **time.Time:
		if *v == nil {
			return nil
		}
		return (*v).UTC()
	case **string:
		if *v != nil && c.Type == JSON {
			return json.RawMessage(**v)
		}
		return deref(*v)
	}
	return nil
}

// checkData checks the extra columns of an item and returns their values as text. nil means NULL.
func (d *Definition) checkData(data map[string]any) (map[string]*string, error) {
	if len(data) == 0 {
		return nil, nil
	}
	out := make(map[string]*string, len(data))
	for name, v := range data {
		c := d.column(name)
		if c == nil {
			var choices []string
			for _, c := range d.Columns {
				choices = append(choices, c.Name)
			}
			reason := "link " + d.Name + " has no such extra column"
			if len(choices) == 0 {
				reason = "link " + d.Name + " has no extra columns"
			}
			return nil, &InvalidError{Field: name, Reason: reason, Choices: choices}
		}
		if v == nil {
			if c.NotNull {
				return nil, &InvalidError{Field: name, Reason: "must not be null"}
			}
			out[name] = nil
			continue
		}
		text, reason := c.text(v)
		if reason != "" {
			return nil, &InvalidError{Field: name, Reason: reason}
		}
		out[name] = &text
	}
	return out, nil
}

// text returns a value as text that Postgres can cast to the column's type, or the reason why the column cannot
// hold it.
func (c *Column) text(v any) (text, reason string) {
	switch c.Type {
	case Text:
		s, ok := v.(string)
		if !ok || pgvalue.CheckText(s) != "" {
			return "", "must be a text without the character NUL"
		}
		return s, ""
	case Integer:
		n, ok := pgvalue.Number(v)
		i, err := strconv.ParseInt(n, 10, 32)
		if !ok || err != nil {
			return "", "must be a whole number of 32 bits"
		}
		return strconv.FormatInt(i, 10), ""
	case Decimal:
		n, ok := pgvalue.Number(v)
		if s, isText := v.(string); isText {
			n, ok = s, true
		}
		if !ok || !pgvalue.IsDecimal(n) {
			return "", fmt.Sprintf("%v is no decimal number, as 19.99 is", v)
		}
		return n, ""
	case Boolean:
		b, ok := v.(bool)
		if !ok {
			return "", "must be true or false"
		}
		return strconv.FormatBool(b), ""
	case Float:
		n, ok := pgvalue.Number(v)
		if _, finite := pgvalue.Finite(n); !ok || !finite {
			return "", "must be a finite number"
		}
		return n, ""
	case Timestamp:
		return timestampText(v)
	default:
		return jsonText(v)
	}
}

func timestampText(v any) (text, reason string) {
	t, ok := pgvalue.Time(v)
	if !ok || !pgvalue.HasFourDigitYear(t) {
		return "", "must be a point in time, as in 2026-01-31T12:00:00Z"
	}
	return t.UTC().Format(time.RFC3339Nano), ""
}

func jsonText(v any) (text, reason string) {
	raw, err := json.Marshal(v)
	if err != nil || pgvalue.HasNUL(raw) {
		return "", "must be a JSON value without the character NUL"
	}
	return string(raw), ""
}
