package robust

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/linkgraph/linkgraph/linkstore"
	"github.com/linkgraph/linkgraph/linkstore/linktest"
)

// Verb is the operation of a call.
type Verb string

// The verbs of the link store, and two of the record store.
const (
	Create          Verb = "create"
	Replace         Verb = "replace"
	Dismiss         Verb = "dismiss"
	Set             Verb = "set"           // makes the links of a record exactly the given ones
	Delete          Verb = "delete"        // deletes the links of records
	DeleteRecords   Verb = "deleteRecords" // deletes the records too
	Restore         Verb = "restore"
	RestoreDeletion Verb = "restoreDeletion"
	Put             Verb = "put"  // creates records with owners
	Move            Verb = "move" // changes the owner of records
	Read            Verb = "read" // reads everything, after all other calls
)

// Call is one call of a client.
type Call struct {
	Verb     Verb
	Pairs    []linkstore.Pair // for Create, Replace, Dismiss and Set
	Of       linkstore.Source // for Set: the record that all pairs have in common
	Quantity string           // value of the extra column; "" for none
	Records  []linktest.Record
	Owners   []string // of Records, for Put and Move
	Deletion string   // id of a deletion; in a Program it is chosen when the call runs
}

// String returns the call as a line of a program.
func (c Call) String() string {
	words := []string{string(c.Verb)}
	if c.Verb == Set {
		words = append(words, fmt.Sprintf("%s[%d]=%s", c.Of.Link, c.Of.From, c.Of.ID))
	}
	for _, p := range c.Pairs {
		words = append(words, p.Link+"("+p.Left+","+p.Right+")")
	}
	for i, r := range c.Records {
		word := r.Model + "/" + r.ID
		if c.Owners != nil {
			word += "<" + c.Owners[i]
		}
		words = append(words, word)
	}
	if c.Quantity != "" {
		words = append(words, "quantity="+c.Quantity)
	}
	if c.Deletion != "" {
		words = append(words, c.Deletion)
	}
	return strings.Join(words, " ")
}

func (c Call) items() []linkstore.Item {
	items := make([]linkstore.Item, len(c.Pairs))
	for i, p := range c.Pairs {
		items[i] = linkstore.Item{Link: p.Link, Left: p.Left, Right: p.Right}
		if p.Link == linktest.Stocked && c.Quantity != "" {
			items[i].Data = map[string]any{"quantity": c.Quantity}
		}
	}
	return items
}

// targets returns the far records of the pairs of a Set.
func (c Call) targets() []linkstore.Target {
	targets := make([]linkstore.Target, len(c.Pairs))
	for i, item := range c.items() {
		targets[i] = linkstore.Target{ID: item.Right, Data: item.Data}
		if c.Of.From == linkstore.Right {
			targets[i].ID = item.Left
		}
	}
	return targets
}

func (c Call) records() []linkstore.Records {
	var all []linkstore.Records
	for _, r := range c.Records {
		all = append(all, linkstore.Records{Model: r.Model, IDs: []string{r.ID}})
	}
	return all
}

// World is the small set of records and links that a history's clients work on.
type World struct {
	Links   []string
	Records []linktest.Record
	Owners  map[linktest.Record]string `json:"-"`
}

// worlds returns the worlds to choose from. Each has shared records, and so few records that clients collide.
func worlds() []World {
	of := func(model string, ids ...string) []linktest.Record {
		all := make([]linktest.Record, len(ids))
		for i, id := range ids {
			all[i] = linktest.Record{Model: model, ID: id}
		}
		return all
	}
	owned := func(pairs ...string) map[linktest.Record]string {
		owners := map[linktest.Record]string{}
		for i := 0; i < len(pairs); i += 3 {
			owners[linktest.Record{Model: pairs[i], ID: pairs[i+1]}] = pairs[i+2]
		}
		return owners
	}
	variants := owned("Variant", "v1", "p1", "Variant", "v2", "p1", "Price", "r1", "s1")
	return []World{
		{
			[]string{linktest.Priced},
			slices.Concat(
				of("Product", "p1", "p2"),
				of("Variant", "v1", "v2"),
				of("PriceSet", "s1", "s2"),
				of("Price", "r1"),
			),
			variants,
		},
		{[]string{linktest.Sold}, slices.Concat(of("Product", "p1", "p2"), of("Channel", "c1", "c2")), nil},
		{[]string{linktest.Related}, of("Product", "p1", "p2", "p3"), nil},
		{[]string{linktest.Paired}, slices.Concat(of("Channel", "c1", "c2"), of("Location", "l1", "l2")), nil},
		{
			[]string{linktest.Served, linktest.Paired},
			slices.Concat(of("Channel", "c1"), of("Location", "l1", "l2"), of("Set", "f1", "f2")),
			nil,
		},
		{
			[]string{linktest.Shown, linktest.Priced},
			slices.Concat(of("Variant", "v1", "v2"), of("Channel", "c1", "c2"), of("PriceSet", "s1")),
			nil,
		},
		{
			[]string{linktest.Stocked, linktest.Sold},
			slices.Concat(of("Product", "p1", "p2"), of("Variant", "v1", "v2"), of("Item", "i1"), of("Channel", "c1")),
			variants,
		},
	}
}

// under returns the world with a prefix before each id, so that histories share no records.
func (w World) under(prefix string) World {
	out := World{Links: w.Links, Owners: map[linktest.Record]string{}}
	for _, r := range w.Records {
		named := linktest.Record{Model: r.Model, ID: prefix + r.ID}
		out.Records = append(out.Records, named)
		if owner := w.Owners[r]; owner != "" {
			out.Owners[named] = prefix + owner
		}
	}
	return out
}

func (w World) ids(model string) []string {
	var ids []string
	for _, r := range w.Records {
		if r.Model == model {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// Program is the sequence of calls of each client. RestoreDeletion restores the latest deletion that any client knows
// of.
type Program struct {
	World   World
	Before  []Call // made before the clients start
	Clients [][]Call
}

// String lists the program.
func (p Program) String() string {
	var b strings.Builder
	for _, c := range p.Before {
		fmt.Fprintf(&b, "before: %s\n", c)
	}
	for i, calls := range p.Clients {
		for _, c := range calls {
			fmt.Fprintf(&b, "client %d: %s\n", i, c)
		}
	}
	return b.String()
}

// newProgram generates a random program with the given numbers of clients, and of calls per client.
func newProgram(random *rand.Rand, catalog *linkstore.Catalog, prefix string, clients, calls int) Program {
	all := worlds()
	p := Program{World: all[random.IntN(len(all))].under(prefix)}
	m := maker{random, catalog, p.World, prefix, 0}
	for range random.IntN(4) {
		p.Before = append(p.Before, m.call())
	}
	p.Clients = make([][]Call, clients)
	for i := range p.Clients {
		for range calls {
			p.Clients[i] = append(p.Clients[i], m.call())
		}
	}
	return p
}

// maker generates random calls.
type maker struct {
	*rand.Rand
	catalog *linkstore.Catalog
	world   World
	prefix  string
	made    int // number of records created
}

func (m *maker) pick(ids []string) string { return ids[m.IntN(len(ids))] }

func (m *maker) call() Call {
	switch n := m.IntN(100); {
	case n < 22:
		return Call{Verb: Create, Pairs: m.pairs(), Quantity: []string{"", "2", "3"}[m.IntN(3)]}
	case n < 30:
		return Call{Verb: Replace, Pairs: m.pairs()}
	case n < 42:
		return Call{Verb: Dismiss, Pairs: m.pairs()}
	case n < 54:
		return m.setCall()
	case n < 60:
		return Call{Verb: Delete, Records: m.records()}
	case n < 74:
		return Call{Verb: DeleteRecords, Records: m.records()}
	case n < 88:
		return Call{Verb: Restore, Records: m.records()}
	case n < 94:
		return Call{Verb: RestoreDeletion}
	}
	return m.recordCall()
}

// setCall returns a Set of a record to none of the records of the other end, or to some.
func (m *maker) setCall() Call {
	d, _ := m.catalog.Link(m.pick(m.world.Links))
	c := Call{Verb: Set, Of: linkstore.Source{Link: d.Name}, Quantity: []string{"", "2", "3"}[m.IntN(3)]}
	near, far := m.world.ids(d.Left.Model), m.world.ids(d.Right.Model)
	if m.IntN(2) == 0 {
		near, far, c.Of.From = far, near, linkstore.Right
	}
	c.Of.ID = m.pick(near)
	many := d.Right.IsList
	if c.Of.From == linkstore.Right {
		many = d.Left.IsList
	}
	most := len(far)
	if !many && m.IntN(10) > 0 {
		most = 1
	}
	for _, i := range m.Perm(len(far))[:m.IntN(most+1)] {
		p := linkstore.Pair{Link: d.Name, Left: c.Of.ID, Right: far[i]}
		if c.Of.From == linkstore.Right {
			p.Left, p.Right = p.Right, p.Left
		}
		c.Pairs = append(c.Pairs, p)
	}
	return c
}

// recordCall returns a call of the record store, if the world has records with owners.
func (m *maker) recordCall() Call {
	products, variants := m.world.ids("Product"), m.world.ids("Variant")
	if len(products) == 0 || len(variants) == 0 {
		return Call{Verb: Restore, Records: m.records()}
	}
	c := Call{Verb: Move}
	if m.IntN(2) == 0 {
		c.Verb = Put
	}
	for _, i := range m.Perm(len(variants))[:1+m.IntN(2)] {
		id := variants[i]
		if c.Verb == Put {
			m.made++
			id = fmt.Sprintf("%sw%d", m.prefix, m.made)
		}
		c.Records = append(c.Records, linktest.Record{Model: "Variant", ID: id})
		c.Owners = append(c.Owners, m.pick(products))
	}
	return c
}

// pairs returns pairs that can mostly be linked by one call.
func (m *maker) pairs() []linkstore.Pair {
	var pairs []linkstore.Pair
	for range 1 + m.IntN(3) {
		d, _ := m.catalog.Link(m.pick(m.world.Links))
		p := linkstore.Pair{
			Link:  d.Name,
			Left:  m.pick(m.world.ids(d.Left.Model)),
			Right: m.pick(m.world.ids(d.Right.Model)),
		}
		excluded := slices.ContainsFunc(pairs, func(q linkstore.Pair) bool {
			return p.Link == q.Link && p != q &&
				(!d.Right.IsList && p.Left == q.Left || !d.Left.IsList && p.Right == q.Right)
		})
		if !excluded || m.IntN(10) == 0 {
			pairs = append(pairs, p)
		}
	}
	return pairs
}

func (m *maker) records() []linktest.Record {
	var records []linktest.Record
	for _, i := range m.Perm(len(m.world.Records))[:1+m.IntN(2)] {
		records = append(records, m.world.Records[i])
	}
	return records
}
