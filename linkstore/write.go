package linkstore

import (
	"maps"
	"slices"
)

// Verb names the method of Store that a call made.
type Verb string

// The verbs.
const (
	CreateLinks     Verb = "create_links"     // Create
	DismissLinks    Verb = "dismiss_links"    // Dismiss
	SetLinks        Verb = "set_links"        // SetLinks
	DeleteLinks     Verb = "delete_links"     // Delete
	DeleteRecords   Verb = "delete_records"   // DeleteRecords
	RestoreRecords  Verb = "restore"          // Restore
	RestoreDeletion Verb = "restore_deletion" // RestoreDeletion
	RepairLinks     Verb = "repair_links"     // Repair
)

// Written is what a call wrote, which may be nothing.
type Written struct {
	Verb Verb
	// Items are the items of Create and Dismiss, in the order of the call, without those that a partial call
	// skipped. For SetLinks they are the results.
	Items []WrittenItem
	// Faults are the items that a partial call skipped, in order.
	Faults []ItemError
	// Replaced are the links that Create dismissed because they excluded new ones, each once.
	Replaced []Link
	// Given are the records passed to Delete, DeleteRecords or Restore, each once, with the names of their models.
	Given []Records
	// GivenDeletion is the id passed to RestoreDeletion.
	GivenDeletion string
	// Receipt is the receipt of a deletion or a restore.
	Receipt Receipt
}

// WrittenItem is the result of one item. ID is "" if the pair was not linked.
type WrittenItem struct {
	Pair
	Outcome Outcome
	ID      string
}

// createWritten returns what a Create reports to Config.Written.
func (s *Store) createWritten(results []CreateResult) Written {
	if s.cfg.Written == nil {
		return Written{}
	}
	w := Written{Verb: CreateLinks, Items: make([]WrittenItem, 0, len(results))}
	replaced := map[Pair]Link{}
	for i, r := range results {
		if r.Err != nil {
			w.Faults = append(w.Faults, ItemError{Index: i, Err: r.Err})
			continue
		}
		w.Items = append(w.Items, WrittenItem{r.Link.Pair(), r.Outcome, r.Link.ID})
		for _, l := range r.Replaced {
			replaced[l.Pair()] = l
		}
	}
	w.Replaced = sortedLinks(replaced)
	return w
}

// dismissWritten returns what a Dismiss reports to Config.Written.
func (s *Store) dismissWritten(pairs []Pair, results []DismissResult) Written {
	if s.cfg.Written == nil {
		return Written{}
	}
	w := Written{Verb: DismissLinks, Items: make([]WrittenItem, 0, len(results))}
	for i, r := range results {
		if r.Err != nil {
			w.Faults = append(w.Faults, ItemError{Index: i, Err: r.Err})
			continue
		}
		item := WrittenItem{Pair: pairs[i], Outcome: r.Outcome}
		if r.Link != nil {
			item.ID = r.Link.ID
		}
		w.Items = append(w.Items, item)
	}
	return w
}

// setWritten returns what a SetLinks reports to Config.Written.
func (s *Store) setWritten(results []SetResult) Written {
	if s.cfg.Written == nil {
		return Written{}
	}
	w := Written{Verb: SetLinks, Items: make([]WrittenItem, len(results))}
	for i, r := range results {
		w.Items[i] = WrittenItem{r.Link.Pair(), r.Outcome, r.Link.ID}
	}
	return w
}

// groupRecords groups records by model.
func groupRecords(roots []record) []Records {
	var all []Records
	at := map[*Model]int{}
	for _, r := range roots {
		i, known := at[r.model]
		if !known {
			i = len(all)
			at[r.model] = i
			all = append(all, Records{Module: r.model.Module, Model: r.model.Name, Key: r.model.Key})
		}
		all[i].IDs = append(all[i].IDs, r.id)
	}
	return all
}

func sortedLinks(m map[Pair]Link) []Link {
	return slices.SortedFunc(maps.Values(m), func(a, b Link) int { return a.Pair().compare(b.Pair()) })
}
