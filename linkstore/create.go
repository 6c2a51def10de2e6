package linkstore

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Outcome is what became of one item of a call.
type Outcome string

// The outcomes of Create and Dismiss.
const (
	Created   Outcome = "CREATED"   // the pair was never linked before
	Revived   Outcome = "REVIVED"   // the pair was linked before; its row is live again
	Updated   Outcome = "UPDATED"   // the link was live; extra columns changed
	Unchanged Outcome = "UNCHANGED" // the link was live, with these values
	Dismissed Outcome = "DISMISSED" // the link is removed
	NotFound  Outcome = "NOT_FOUND" // the pair was not linked
)

// CreateOptions says how Create works.
type CreateOptions struct {
	// Replace dismisses the links that stand in the way of new ones.
	Replace bool
}

// CreateResult is what became of one item.
type CreateResult struct {
	Outcome  Outcome
	Link     Link
	Replaced []Link // dismissed to make room
}

// newLink is a pair to be linked: what the items that name it ask for.
type newLink struct {
	def    *Definition
	pair   Pair
	data   map[string]*string
	index  int // of the first item that names it
	result CreateResult
}

// Create links pairs, of any links, in one transaction; doing so again changes nothing. Results come in the order of the
// items. Extra columns that an item does not name keep their value; those of a new link take their default.
//
// It fails with a *ConflictError if a record would have one link too many, with a *RecordError if a record is not there
// or deleted, and with other typed errors for items that cannot be understood, each in an *ItemError. Nothing is then
// written.
func (s *Store) Create(ctx context.Context, items []Item, opts CreateOptions) ([]CreateResult, error) {
	if err := s.checkCount("links", len(items)); err != nil {
		return nil, err
	}
	links, position, err := s.plan(items)
	if err != nil {
		return nil, err
	}
	results := make([]CreateResult, len(items))
	err = s.run(ctx, func(tx *write) (Written, error) {
		for i := range links {
			links[i].result = CreateResult{}
		}
		if err := s.lockEnds(ctx, tx, links); err != nil {
			return Written{}, err
		}
		for start := 0; start < len(links); {
			end := start
			for end < len(links) && links[end].def == links[start].def {
				end++
			}
			if err := s.createKind(ctx, tx, links[start:end], opts); err != nil {
				return Written{}, err
			}
			start = end
		}
		for i, p := range position {
			results[i] = links[p].result
			if links[p].index != i { // the same pair again
				results[i].Outcome, results[i].Replaced = Unchanged, nil
			}
		}
		return s.createWritten(results), nil
	})
	if err != nil {
		return nil, fmt.Errorf("create links: %w", missingOf(err))
	}
	return results, nil
}

// plan resolves the items, makes one of those that name the same pair, and sorts them. position is where each item went.
func (s *Store) plan(items []Item) (links []*newLink, position []int, err error) {
	byPair := map[Pair]*newLink{}
	for i, item := range items {
		d, pair, err := s.stored(item)
		if err == nil {
			err = s.writable(d)
		}
		if err != nil {
			return nil, nil, atIndex(i, err)
		}
		data, err := d.checkData(item.Data)
		if err != nil {
			return nil, nil, atIndex(i, err)
		}
		if known := byPair[pair]; known != nil {
			for name, v := range data {
				if other, ok := known.data[name]; ok && !reflect.DeepEqual(other, v) {
					reason := fmt.Sprintf("item %d gives the same pair another value", known.index)
					return nil, nil, &ItemError{i, &InvalidError{Field: name, Reason: reason}}
				}
			}
			maps.Copy(known.data, data)
			continue
		}
		byPair[pair] = &newLink{def: d, pair: pair, data: data, index: i}
		links = append(links, byPair[pair])
	}
	slices.SortFunc(links, func(a, b *newLink) int { return a.pair.compare(b.pair) })
	if err := conflictsWithin(links); err != nil {
		return nil, nil, err
	}
	at := make(map[Pair]int, len(links))
	for i, l := range links {
		at[l.pair] = i
	}
	position = make([]int, len(items))
	for i, item := range items {
		pair, err := s.catalog.Resolve(item)
		if err != nil {
			return nil, nil, atIndex(i, err)
		}
		position[i] = at[pair]
	}
	return links, position, nil
}

// conflictsWithin finds two pairs of one call that exclude each other.
func conflictsWithin(links []*newLink) error {
	type end struct {
		link, side, key string
	}
	taken := map[end]*newLink{}
	for _, l := range links {
		var ends []end
		if !l.def.Right.IsList {
			ends = append(ends, end{l.def.Name, "left", l.pair.Left})
		}
		if !l.def.Left.IsList {
			ends = append(ends, end{l.def.Name, "right", l.pair.Right})
		}
		for _, e := range ends {
			if other := taken[e]; other != nil {
				first, second := other, l
				if first.index > second.index {
					first, second = second, first
				}
				return &ItemError{second.index, &ConflictError{
					l.def.Name, second.pair.Left, second.pair.Right, Link{Name: l.def.Name, Left: first.pair.Left, Right: first.pair.Right},
				}}
			}
			taken[e] = l
		}
	}
	return nil
}

// lockEnds checks that both records of each link are live, and keeps them so until the transaction ends. Tables are taken
// in the order of the catalogue and records in the order of their keys, as every writer does. The left records are taken
// so that two writers of one pair follow each other.
func (s *Store) lockEnds(ctx context.Context, tx *write, links []*newLink) error {
	wanted := map[*Model]*lockSet{}
	add := func(m *Model, id, strength string) {
		if m.Table == "" {
			return
		}
		l := wanted[m]
		if l == nil {
			l = &lockSet{strength: forShare}
			wanted[m] = l
		}
		if strength == forChange {
			l.strength = forChange
		}
		l.ids = append(l.ids, id)
	}
	for _, l := range links {
		if l.def.SkipExistence {
			continue
		}
		add(l.def.left, l.pair.Left, forChange)
		add(l.def.right, l.pair.Right, forShare)
	}
	live, err := s.lockRecords(ctx, tx, wanted)
	if err != nil {
		return err
	}
	for _, l := range links {
		if l.def.SkipExistence {
			continue
		}
		for _, side := range []struct {
			m       *Model
			key, id string
		}{{l.def.left, l.def.Left.Key, l.pair.Left}, {l.def.right, l.def.Right.Key, l.pair.Right}} {
			if side.m.Table != "" && !live[side.m][side.id] {
				return &ItemError{l.index, &RecordError{side.m.Module, side.m.Name, side.key, side.id}}
			}
		}
	}
	return nil
}

// Strengths of row locks. A soft delete changes no key, so FOR KEY SHARE would not stop it.
const (
	forShare  = "FOR SHARE"
	forChange = "FOR NO KEY UPDATE"
	forDelete = "FOR UPDATE"
)

type lockSet struct {
	ids      []string
	strength string
}

// lockRecords locks records table by table and returns which of them are live. Relies on the primary keys.
func (s *Store) lockRecords(ctx context.Context, tx *write, wanted map[*Model]*lockSet) (map[*Model]map[string]bool, error) {
	live := make(map[*Model]map[string]bool, len(wanted))
	for _, m := range s.catalog.models {
		l := wanted[m]
		if l == nil {
			continue
		}
		where := ""
		if !m.NoSoftDelete {
			where = " AND t.deleted_at IS NULL"
		}
		rows, err := tx.Query(ctx, fmt.Sprintf(
			`SELECT %s FROM %s AS t WHERE %s%s ORDER BY %s %s`,
			m.key.selected("t"), m.table(), m.key.among("t", 1), where, m.key.list("t"), l.strength), m.key.args(l.ids)...)
		if err != nil {
			return nil, err
		}
		ids, err := m.key.collect(rows)
		if err != nil {
			return nil, err
		}
		live[m] = make(map[string]bool, len(ids))
		for _, id := range ids {
			live[m][id] = true
		}
	}
	return live, nil
}

func keysOf(links []*newLink) (left, right []string) {
	for _, l := range links {
		left, right = append(left, l.pair.Left), append(right, l.pair.Right)
	}
	return left, right
}

// createKind writes the pairs of one link.
func (s *Store) createKind(ctx context.Context, tx *write, links []*newLink, opts CreateOptions) error {
	d := links[0].def
	left, right := keysOf(links)
	before, err := lockPairs(ctx, tx, d, left, right)
	if err != nil {
		return err
	}
	if err := checkRequired(links, before); err != nil {
		return err
	}
	if err := s.makeRoom(ctx, tx, links, opts); err != nil {
		return err
	}
	written, err := s.upsert(ctx, tx, links)
	if err != nil {
		return err
	}
	var attached []Link
	for _, l := range links {
		old, existed := before[l.pair]
		row, changed := written[l.pair]
		switch {
		case !changed:
			l.result.Outcome, l.result.Link = Unchanged, old
			continue
		case !existed:
			l.result.Outcome = Created
		case old.DeletedAt != nil:
			l.result.Outcome = Revived
		default:
			l.result.Outcome = Updated
		}
		l.result.Link = row
		if l.result.Outcome != Updated {
			attached = append(attached, row)
		}
	}
	return tx.emit("attached", "create", attached)
}

// checkRequired finds new links that lack a value. A link that was there before, live or not, keeps the one it has.
func checkRequired(links []*newLink, before map[Pair]Link) error {
	for _, l := range links {
		if _, existed := before[l.pair]; existed {
			continue
		}
		for i := range l.def.Columns {
			c := &l.def.Columns[i]
			if _, given := l.data[c.Name]; c.required() && !given {
				return &ItemError{l.index, &InvalidError{Field: c.Name, Reason: "is missing: a new link of " + l.def.Name + " needs a value"}}
			}
		}
	}
	return nil
}

// lockPairs locks the rows of pairs, live or not, in order. Relies on the primary key.
func lockPairs(ctx context.Context, tx *write, d *Definition, left, right []string) (map[Pair]Link, error) {
	rows, err := tx.Query(ctx, fmt.Sprintf(`
		SELECT %s FROM %s AS t
		JOIN unnest(%s) AS p(%s) ON %s
		ORDER BY %s FOR UPDATE OF t`,
		d.columns(), d.table(), d.pairArrays(), d.pairNames(""), d.pairOn("t", "p"), d.keys("t")), d.pairArgs(left, right)...)
	if err != nil {
		return nil, err
	}
	return byPair(rows, d)
}

func byPair(rows pgx.Rows, d *Definition) (map[Pair]Link, error) {
	links, err := pgx.CollectRows(rows, d.scanner())
	if err != nil {
		return nil, err
	}
	found := make(map[Pair]Link, len(links))
	for _, l := range links {
		found[l.Pair()] = l
	}
	return found, nil
}

// makeRoom finds the live links that the new ones exclude. With Replace it dismisses them.
func (s *Store) makeRoom(ctx context.Context, tx *write, links []*newLink, opts CreateOptions) error {
	d := links[0].def
	pairs := make([]Pair, len(links))
	for i, l := range links {
		pairs[i] = l.pair
	}
	standing, err := s.conflicts(ctx, tx, d, pairs)
	if err != nil || len(standing) == 0 {
		return err
	}
	var remove []Pair
	for _, l := range links {
		for _, other := range standing {
			if !d.exclude(l.pair, other.Pair()) {
				continue
			}
			if !opts.Replace {
				return &ItemError{l.index, &ConflictError{d.Name, l.pair.Left, l.pair.Right, other}}
			}
			remove = append(remove, other.Pair())
		}
	}
	removed, err := s.detach(ctx, tx, d, remove, nil, "replace")
	if err != nil {
		return err
	}
	for _, l := range links {
		for _, r := range removed {
			if d.exclude(l.pair, r.Pair()) {
				l.result.Replaced = append(l.result.Replaced, r)
			}
		}
	}
	return nil
}

// exclude reports whether two different pairs cannot both be live.
func (d *Definition) exclude(p, q Pair) bool {
	if p == q {
		return false
	}
	return !d.Right.IsList && p.Left == q.Left || !d.Left.IsList && p.Right == q.Right
}

// conflicts returns the live links that exclude one of the pairs. Relies on the unique indexes that enforce this.
func (s *Store) conflicts(ctx context.Context, tx *write, d *Definition, pairs []Pair) ([]Link, error) {
	var conditions []string
	if !d.Right.IsList {
		conditions = append(conditions, d.leftKey.among("t", 1))
	}
	if !d.Left.IsList {
		conditions = append(conditions, d.rightKey.among("t", 1+len(d.leftKey)))
	}
	if len(conditions) == 0 || len(pairs) == 0 {
		return nil, nil
	}
	condition := strings.Join(conditions, " OR ")
	if d.width() > 2 && len(conditions) == 2 {
		// No index serves OR with a comparison of several columns: find the rows of either condition first.
		each := make([]string, len(conditions))
		for i, c := range conditions {
			each[i] = fmt.Sprintf("SELECT %s FROM %s AS t WHERE %s AND t.deleted_at IS NULL", d.keys("t"), d.table(), c)
		}
		condition = fmt.Sprintf("(%s) IN (%s)", d.keys("t"), strings.Join(each, " UNION "))
	}
	var left, right []string
	wanted := map[Pair]bool{}
	for _, p := range pairs {
		left, right = append(left, p.Left), append(right, p.Right)
		wanted[p] = true
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(
		`SELECT %s FROM %s AS t, (SELECT %s) AS p WHERE (%s) AND t.deleted_at IS NULL ORDER BY %s FOR UPDATE OF t`,
		d.columns(), d.table(), d.pairArrays(), condition, d.keys("t")), d.pairArgs(left, right)...)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, d.scanner())
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(l Link) bool { return wanted[l.Pair()] }), nil
}

// upsert writes all pairs of one link in one statement and returns the rows it changed. Each row's values are settled
// beforehand from what the item gives, the row that is there and the defaults, so that a live row that already is as
// asked is not rewritten. Relies on the primary key.
func (s *Store) upsert(ctx context.Context, tx *write, links []*newLink) (map[Pair]Link, error) {
	d := links[0].def
	left, right := keysOf(links)
	ids := make([]string, len(links))
	for i := range ids {
		ids[i] = s.cfg.NewID(d.IDPrefix)
	}
	args := append(d.pairArgs(left, right), ids)
	arrays := []string{d.pairArrays(), fmt.Sprintf("$%d::text[]", len(args))}
	names := []string{d.pairNames(""), "id"}
	var targets, values, sets, olds, news []string
	for i, c := range d.Columns {
		given, texts := make([]bool, len(links)), make([]*string, len(links))
		for j, l := range links {
			texts[j], given[j] = l.data[c.Name]
		}
		args = append(args, given, texts)
		arrays = append(arrays, fmt.Sprintf("$%d::boolean[]", len(args)-1), fmt.Sprintf("$%d::text[]", len(args)))
		names = append(names, fmt.Sprintf("g%d", i), fmt.Sprintf("v%d", i))
		name, sqlType := quote(c.Name), c.Type.sql()
		fallback := "NULL::" + sqlType
		if c.Default != "" || c.EmptyDefault {
			args = append(args, c.Default)
			fallback = fmt.Sprintf("$%d::text::%s", len(args), sqlType)
		}
		targets = append(targets, ", "+name)
		values = append(values, fmt.Sprintf(", CASE WHEN p.g%[1]d THEN p.v%[1]d::%[2]s WHEN e.id IS NOT NULL THEN e.%[3]s ELSE %[4]s END", i, sqlType, name, fallback))
		sets = append(sets, fmt.Sprintf(", %[1]s = EXCLUDED.%[1]s", name))
		olds, news = append(olds, "t."+name), append(news, "EXCLUDED."+name)
	}
	changed := "t.deleted_at IS NOT NULL"
	if len(olds) > 0 {
		changed += fmt.Sprintf(" OR (%s) IS DISTINCT FROM (%s)", strings.Join(olds, ", "), strings.Join(news, ", "))
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`
		INSERT INTO %[1]s AS t (%[2]s, id%[3]s)
		SELECT %[4]s, p.id%[5]s
		FROM unnest(%[6]s) AS p(%[7]s)
		LEFT JOIN %[1]s AS e ON %[8]s
		ORDER BY %[4]s
		ON CONFLICT (%[2]s) DO UPDATE SET deleted_at = NULL, updated_at = clock_timestamp()%[9]s WHERE %[10]s
		RETURNING %[11]s`,
		d.table(), d.keys(""), strings.Join(targets, ""), d.pairNames("p"), strings.Join(values, ""),
		strings.Join(arrays, ", "), strings.Join(names, ", "), d.pairOn("e", "p"), strings.Join(sets, ""), changed, d.columns()), args...)
	if err != nil {
		return nil, err
	}
	return byPair(rows, d)
}
