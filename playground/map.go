package playground

import "github.com/linkgraph/linkgraph/internal/recordstore"

// mapModels is the JSON of map/map.json: which module owns a model, and where its records are stored. The API does not expose
// this; the page asks the API for everything else.
type mapModels struct {
	Models []mapModel `json:"models"`
}

type mapModel struct {
	Name   string `json:"name"`
	Module string `json:"module,omitempty"` // "" for the rows of a link
	Link   string `json:"link,omitempty"`
	Table  string `json:"table"`
	Key    string `json:"key,omitempty"`
	// Primary is the field of the primary key.
	Primary string `json:"primary"`
	// IDPrefix is the prefix of generated ids.
	IDPrefix  string        `json:"idPrefix,omitempty"`
	Columns   []mapColumn   `json:"columns"`
	Relations []mapRelation `json:"relations"`
}

type mapColumn struct {
	Field string `json:"field"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	// Secret fields are hidden from callers who may only read.
	Secret bool `json:"secret,omitempty"`
}

type mapRelation struct {
	Field   string   `json:"field"`
	Target  string   `json:"target"`
	Many    bool     `json:"many,omitempty"`
	Cascade bool     `json:"cascade,omitempty"`
	Columns []string `json:"columns"` // of this model, compared with the target's
}

// mapOf returns the models of a catalogue for the map.
func mapOf(models *recordstore.Catalog) mapModels {
	var s mapModels
	for _, m := range models.Models() {
		out := mapModel{
			Name:      m.Name,
			Module:    m.Module,
			Link:      m.Link,
			Table:     m.Table,
			Key:       m.Key,
			IDPrefix:  m.IDPrefix,
			Relations: []mapRelation{},
		}
		out.Primary = m.Columns[m.Primary()].Field
		if m.Schema != "" {
			out.Table = m.Schema + "." + m.Table
		}
		for i := range m.Columns {
			c := &m.Columns[i]
			out.Columns = append(
				out.Columns,
				mapColumn{Field: c.Field, Name: columnName(c), Type: c.Type.String(), Secret: c.Secret},
			)
		}
		for i := range m.Relations {
			r := &m.Relations[i]
			out.Relations = append(out.Relations, mapRelation{
				Field: r.Field, Target: r.Target, Many: r.Many, Cascade: r.Cascade, Columns: r.Columns,
			})
		}
		s.Models = append(s.Models, out)
	}
	return s
}

// columnName returns "" for a composite key: it is no column of the table.
func columnName(c *recordstore.Column) string {
	if c.Parts != nil {
		return ""
	}
	return c.Name
}
