package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// record is a record, a link row or part of one, as JSON. Numbers are json.Number.
type record = map[string]any

// answer is what Medusa answers, as shop/ask.js writes it.
type answer struct {
	// Links are by Medusa's name of the link, and within by "Model.field": what the field leads to, by the id of the record.
	// "records" are the live rows of the link table, by id.
	Links map[string]map[string]record
	// Models are live records by model and id.
	Models map[string]map[string]record
	// Orders are orders, returns, claims and exchanges with what they hold in the current version, by entity and id.
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

// decode reads JSON and keeps numbers as they are written.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}

// rows are the live rows of a link table, by id. The second result says whether Medusa has the link.
func (a *answer) rows(link string) (map[string]record, bool) {
	all, ok := a.Links[link]["records"]
	rows := make(map[string]record, len(all))
	for id, row := range all {
		rows[id], _ = row.(record)
	}
	return rows, ok
}

// leadsTo is where a field leads, by the id of the record: sorted ids, none for null. A null in a list stands for a link whose
// far record is deleted; it is left out.
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

// sortedKeys are the keys of a map, in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
