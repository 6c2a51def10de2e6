package rowkey

import (
	"strconv"
	"strings"
)

// Many is how many rows make it worth planning a statement for their number. A plan that Postgres keeps expects a few
// rows and looks each up in an index, where it could read a table once.
const Many = 500

// Args returns the arguments of a statement for a list of keys of n columns: an array of texts a column.
func Args(keys []string, n int) []any {
	args := make([]any, n)
	for i, texts := range ByColumn(keys, n) {
		args[i] = texts
	}
	return args
}

// ByColumn returns the values of keys of n columns, column by column. No list is nil, which Postgres would take for
// NULL.
func ByColumn(keys []string, n int) [][]string {
	if n == 1 {
		if keys == nil {
			keys = []string{}
		}
		return [][]string{keys}
	}
	columns := make([][]string, n)
	for i := range columns {
		columns[i] = make([]string, 0, len(keys))
	}
	for _, key := range keys {
		for i, part := range Split(key, n) {
			columns[i] = append(columns[i], part)
		}
	}
	return columns
}

// Array returns the parameter $number, an array of a type. If it has fewer than [Many] elements, n, it stands in a
// subselect: Postgres then does not see how many there are, and does not plan the statement again for each length.
func Array(number int, sqlType string, n int) string {
	return hide("$"+strconv.Itoa(number)+"::"+sqlType+"[]", n)
}

// TextArrays returns the parameters from $1 on as Array does: count arrays of n texts.
func TextArrays(count, n int) string {
	arrays := make([]string, count)
	for i := range arrays {
		arrays[i] = Array(i+1, "text", n)
	}
	return strings.Join(arrays, ", ")
}

func hide(array string, n int) string {
	if n < Many {
		return "(SELECT " + array + ")"
	}
	return array
}

// Arrays returns the parameters from $first on that [Args] fills for n keys, cast to the types of r. Fewer than [Many]
// keys are hidden from the planner, as [Array] says; 0 hides any number of them, and Many shows any number.
func (r Ref) Arrays(first, n int) string {
	return r.each(", ", func(i int, e Expr) string {
		array := "$" + strconv.Itoa(first+i) + "::text[]"
		if e.Type != "text" {
			array += "::" + e.Type + "[]"
		}
		return hide(array, n)
	})
}

// Params refers to one key in the parameters from $first on, texts that are cast to the types of r. [Split] returns
// their arguments.
func (r Ref) Params(first int) Ref {
	params := make(Ref, len(r))
	for i, e := range r {
		params[i] = Expr{"$" + strconv.Itoa(first+i) + "::text", e.Type}
		if e.Type != "text" {
			params[i].SQL += "::" + e.Type
		}
	}
	return params
}
