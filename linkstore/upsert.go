package linkstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// given are links of one kind as the parameters of a statement: an array for each column of the keys and two for each extra
// column that one of the links names.
type given struct {
	def           *Definition
	args          []any
	arrays, names []string
	columns       []givenColumn
}

// givenColumn is an extra column, and what the statement calls whether it is given (g0) and its value (v0).
type givenColumn struct {
	*Column
	given, value string
}

func givenOf(links []*newLink) *given {
	d := links[0].def
	left, right := make([]string, len(links)), make([]string, len(links))
	named := map[string]bool{}
	for i, l := range links {
		left[i], right[i] = l.pair.Left, l.pair.Right
		for name := range l.data {
			named[name] = true
		}
	}
	g := &given{def: d, args: d.pairArgs(left, right), arrays: []string{d.pairArrays()}, names: []string{d.pairNames("")}}
	for i := range d.Columns {
		c := givenColumn{&d.Columns[i], "", ""}
		if named[c.Name] {
			c.given, c.value = fmt.Sprintf("p.g%d", i), fmt.Sprintf("p.v%d::%s", i, c.Type.sql())
			present, texts := make([]bool, len(links)), make([]*string, len(links))
			for j, l := range links {
				texts[j], present[j] = l.data[c.Name]
			}
			g.array(fmt.Sprintf("g%d", i), "boolean", present)
			g.array(fmt.Sprintf("v%d", i), "text", texts)
		}
		g.columns = append(g.columns, c)
	}
	return g
}

func (g *given) array(name, sqlType string, values any) {
	g.args = append(g.args, values)
	g.arrays = append(g.arrays, fmt.Sprintf("$%d::%s[]", len(g.args), sqlType))
	g.names = append(g.names, name)
}

// differs says that a value is given that the row t does not have.
func (g *given) differs() string {
	parts := []string{"false"}
	for _, c := range g.columns {
		if c.given != "" {
			parts = append(parts, fmt.Sprintf("%s AND t.%s IS DISTINCT FROM %s", c.given, quote(c.Name), c.value))
		}
	}
	return strings.Join(parts, " OR ")
}

// upsert writes the pairs of one link that are not as asked already, in one statement, and returns the rows it changed. Each
// row's values are settled beforehand from what the item gives, the row that is there and the defaults. Where no record is
// locked another writer may have come first: then the row is noted as one from before. Relies on the primary key.
func (s *Store) upsert(ctx context.Context, tx *write, links []*newLink, before map[Pair]oldLink) (map[Pair]Link, error) {
	var wanted []*newLink
	for _, l := range links {
		if old, ok := before[l.pair]; !ok || old.differs || old.DeletedAt != nil {
			wanted = append(wanted, l)
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	sql, args := s.upsertStatement(wanted)
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	written, err := byPair(rows, wanted)
	if err != nil || len(written) == len(wanted) {
		return written, err
	}
	var lost []*newLink
	for _, l := range wanted {
		if _, ok := written[l.pair]; !ok {
			lost = append(lost, l)
		}
	}
	others, err := lockPairs(ctx, tx, lost)
	for p, old := range others {
		before[p] = old
	}
	return written, err
}

func (s *Store) upsertStatement(links []*newLink) (sql string, args []any) {
	g := givenOf(links)
	d := g.def
	ids := make([]string, len(links))
	for i := range ids {
		ids[i] = s.cfg.NewID(d.IDPrefix)
	}
	g.array("id", "text", ids)
	var targets, values, sets, olds, news []string
	join := ""
	for _, c := range g.columns {
		name, sqlType := quote(c.Name), c.Type.sql()
		value := "NULL::" + sqlType
		if c.Default != "" || c.EmptyDefault {
			g.args = append(g.args, c.Default)
			value = fmt.Sprintf("$%d::text::%s", len(g.args), sqlType)
		}
		kept := fmt.Sprintf("WHEN e.id IS NOT NULL THEN e.%s ELSE %s END", name, value)
		if c.given != "" {
			kept = fmt.Sprintf("WHEN %s THEN %s %s", c.given, c.value, kept)
		}
		join = fmt.Sprintf("LEFT JOIN %s AS e ON %s", d.table(), d.pairOn("e", "p"))
		targets, values = append(targets, ", "+name), append(values, ", CASE "+kept)
		sets = append(sets, fmt.Sprintf(", %[1]s = EXCLUDED.%[1]s", name))
		olds, news = append(olds, "t."+name), append(news, "EXCLUDED."+name)
	}
	changed := "t.deleted_at IS NOT NULL"
	if len(olds) > 0 {
		changed += fmt.Sprintf(" OR (%s) IS DISTINCT FROM (%s)", strings.Join(olds, ", "), strings.Join(news, ", "))
	}
	return fmt.Sprintf(`
		INSERT INTO %[1]s AS t (%[2]s, id%[3]s)
		SELECT %[4]s, p.id%[5]s
		FROM unnest(%[6]s) AS p(%[7]s)
		%[8]s
		ORDER BY %[4]s
		ON CONFLICT (%[2]s) DO UPDATE SET deleted_at = NULL, updated_at = clock_timestamp()%[9]s WHERE %[10]s
		RETURNING %[11]s`,
		d.table(), d.keys(""), strings.Join(targets, ""), d.pairNames("p"), strings.Join(values, ""),
		strings.Join(g.arrays, ", "), strings.Join(g.names, ", "), join, strings.Join(sets, ""), changed, d.columns()), g.args
}

func byPair(rows pgx.Rows, links []*newLink) (map[Pair]Link, error) {
	scan := links[0].def.scanner()
	found := make(map[Pair]Link, len(links))
	_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		l, err := scan(row)
		found[l.Pair()] = l
		return struct{}{}, err
	})
	return found, err
}
