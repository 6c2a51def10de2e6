package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// record is a record, a link row, or a part of one, as JSON. Numbers are json.Number.
type record = map[string]any

// answer is Medusa's answer, in the format of shop/ask.js.
type answer struct {
	// Links maps Medusa's name of a link to its fields, and a field "Model.field" to what it leads to, by the id of
	// the record. The field "records" holds the live rows of the link table, by id.
	Links map[string]map[string]record
	// Models holds live records by model and id.
	Models map[string]map[string]record
	// Orders holds orders, returns, claims and exchanges with the contents of their current version, by entity and
	// id.
	Orders map[string]map[string]record
}

func readAnswer(file string) (*answer, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var a answer
	if err := decode(text, &a); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &a, nil
}

// decode reads JSON and keeps numbers as written.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}

// rows returns the live rows of a link table, by id. It returns false if Medusa does not have the link.
func (a *answer) rows(link string) (map[string]record, bool) {
	all, ok := a.Links[link]["records"]
	rows := make(map[string]record, len(all))
	for id, row := range all {
		rows[id], _ = row.(record)
	}
	return rows, ok
}

// leadsTo returns the sorted ids that a field leads to, by the id of the record. null gives no ids. A null in a list
// is a link to a deleted record; it is left out.
func leadsTo(field record) map[string][]string {
	all := make(map[string][]string, len(field))
	for near, far := range field {
		list, ok := far.([]any)
		if !ok {
			list = []any{far}
		}
		ids := []string{}
		for _, id := range list {
			if id, ok := id.(string); ok {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		all[near] = ids
	}
	return all
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
