package audit

import (
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// receipt is what a row says that a mutation did. Counts are complete; of each list the first entries are kept.
type receipt struct {
	Given         []records `json:"given,omitempty"`          // of deletions and restores: what was asked for
	GivenDeletion string    `json:"given_deletion,omitempty"` // restore_deletion
	DeletionID    string    `json:"deletion_id,omitempty"`
	Counts        counts    `json:"counts"`
	Links         []link    `json:"links,omitempty"`
	Replaced      []link    `json:"replaced,omitempty"`
	Records       []records `json:"records,omitempty"`
	Fields        []string  `json:"fields,omitempty"` // of update_records

	truncated bool
}

// counts are numbers of links by outcome and by name, and of records by model.
type counts struct {
	Outcomes map[string]int `json:"outcomes,omitempty"`
	Links    map[string]int `json:"links,omitempty"`
	Replaced int            `json:"replaced,omitempty"`
	Records  map[string]int `json:"records,omitempty"`
}

// rejected counts items that were left out of a call that writes the others.
const rejected = "REJECTED"

type link struct {
	Outcome string `json:"outcome,omitempty"`
	Link    string `json:"link"`
	Left    string `json:"left"`
	Right   string `json:"right"`
	ID      string `json:"id,omitempty"`
}

type records struct {
	Model string   `json:"model"`
	IDs   []string `json:"ids"`
}

// first keeps the first entries of a list.
func first[T any](r *receipt, list []T, most int) []T {
	if len(list) > most {
		r.truncated = true
		return list[:most]
	}
	return list
}

func receiptOfLinks(w linkstore.Written, most int) *receipt {
	r := &receipt{GivenDeletion: w.GivenDeletion, DeletionID: w.Receipt.DeletionID}
	r.Counts.Replaced = len(w.Replaced)
	if n := len(w.Items) + len(w.Receipt.Links); n > 0 {
		r.Counts.Links = map[string]int{}
	}
	if len(w.Items)+len(w.Faults) > 0 {
		r.Counts.Outcomes = map[string]int{}
	}
	for _, i := range w.Items {
		r.Counts.Outcomes[string(i.Outcome)]++
		r.Counts.Links[i.Link]++
	}
	if n := len(w.Faults); n > 0 {
		r.Counts.Outcomes[rejected] = n
	}
	for _, i := range first(r, w.Items, most) {
		r.Links = append(r.Links, link{string(i.Outcome), i.Link, i.Left, i.Right, i.ID})
	}
	for _, l := range w.Receipt.Links {
		r.Counts.Links[l.Name]++
	}
	r.Links = append(r.Links, linksOf(first(r, w.Receipt.Links, most))...)
	r.Replaced = linksOf(first(r, w.Replaced, most))
	r.Given, _ = r.list(w.Given, most)
	r.Records, r.Counts.Records = r.list(w.Receipt.Records, most)
	return r
}

func linksOf(list []linkstore.Link) []link {
	var all []link
	for _, l := range list {
		all = append(all, link{"", l.Name, l.Left, l.Right, l.ID})
	}
	return all
}

// list keeps the first ids of all models together.
func (r *receipt) list(given []linkstore.Records, most int) (kept []records, counts map[string]int) {
	for _, g := range given {
		if counts == nil {
			counts = map[string]int{}
		}
		counts[g.Model] += len(g.IDs)
		ids := first(r, g.IDs, most)
		most -= len(ids)
		if len(ids) > 0 {
			kept = append(kept, records{g.Model, ids})
		}
	}
	return kept, counts
}

func receiptOfRecords(w recordstore.Written, most int) *receipt {
	r := &receipt{Fields: w.Fields}
	r.Records, r.Counts.Records = r.list([]linkstore.Records{{Model: w.Model.Name, IDs: w.IDs}}, most)
	return r
}
