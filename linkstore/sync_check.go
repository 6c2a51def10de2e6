package linkstore

import (
	"fmt"
	"slices"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// checkTable returns an error if the table cannot hold this link and a sync cannot change that.
func (d *Definition) checkTable(columns map[string]string) error {
	for _, name := range slices.Concat(d.leftKey.Names(), d.rightKey.Names(), []string{"id", "created_at", "updated_at", "deleted_at"}) {
		if columns[name] == "" {
			return fmt.Errorf(
				"%w: table %s exists and is not the table of this link: it has no column %s",
				ErrInvalid,
				d.Table,
				name,
			)
		}
	}
	for _, side := range []struct {
		end *End
		key rowkey.Columns
	}{{&d.Left, d.leftKey}, {&d.Right, d.rightKey}} {
		for _, c := range side.key {
			have := columns[c.Name]
			if holdsKey(c, have) {
				continue
			}
			advice := ""
			if c.SQLType() != "text" && characterTypes[have] {
				advice = fmt.Sprintf(`: set columnType: "text" at the end %s of this link`, side.end.Key)
			}
			return fmt.Errorf(
				"%w: column %s of table %s is %s, and the key it should hold is %s%s",
				ErrInvalid,
				c.Name,
				d.Table,
				have,
				c.SQLType(),
				advice,
			)
		}
	}
	return nil
}

// characterTypes holds the names of text types in Postgres.
var characterTypes = map[string]bool{"text": true, "character varying": true, "character": true}

// holdsKey reports whether a column of type have can hold the key column c. have is the name of the type in
// Postgres.
func holdsKey(c rowkey.Column, have string) bool {
	if c.SQLType() == "text" {
		return characterTypes[have]
	}
	bits := rowkey.IntegerBits(c.Type)
	return have == c.Type || rowkey.IntegerBits(have) > bits && bits > 0
}

// catalogName holds the name of each column type in Postgres.
var catalogName = map[ColumnType]string{
	Text: "text", Integer: "integer", Decimal: "numeric", Boolean: "boolean", Timestamp: "timestamp with time zone",
	JSON: "jsonb", Float: "double precision",
}

// holds reports whether a column of type have can hold the values of the extra column. have is the name of the type
// in Postgres. Another program may have chosen a narrower or a wider type.
func (c *Column) holds(have string) bool {
	switch c.Type {
	case Text:
		return characterTypes[have]
	case Integer:
		return rowkey.IntegerBits(have) >= 32
	}
	return have == catalogName[c.Type]
}
