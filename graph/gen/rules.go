package main

import (
	"math/big"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// valueRules reads the directives that say which values a column takes.
func (r *reader) valueRules(m *model, f *ast.FieldDefinition, c *column) {
	where := m.name + "." + f.Name
	if d := f.Directives.ForName("min"); d != nil {
		c.min = arguments{r, d}.text("value")
		switch {
		case !slices.Contains([]recordstore.Type{recordstore.Integer, recordstore.Float, recordstore.Decimal}, c.typ):
			r.fault(
				d.Position,
				"%s: @min is for Int, Float and Decimal; this field is %s",
				where,
				withArticle(c.gqlType),
			)
		case !decimals.MatchString(c.min):
			r.fault(d.Position, "%s: @min: %q is not a decimal number, such as 0", where, c.min)
		case c.defaultText != "" && !strings.Contains(c.defaultText, " ") && less(c.defaultText, c.min):
			r.fault(d.Position, "%s: the default %q is less than @min, which is %s", where, c.defaultText, c.min)
		}
	}
	if d := f.Directives.ForName("currency"); d != nil {
		c.codes = "currency"
		if c.typ != recordstore.Text || c.parts != nil {
			r.fault(d.Position, "%s: @currency is for String and ID; this field is %s", where, withArticle(c.gqlType))
		}
	}
}

// less reports whether one decimal number is less than another.
func less(a, b string) bool {
	x, ok := new(big.Rat).SetString(a)
	y, valid := new(big.Rat).SetString(b)
	return ok && valid && x.Cmp(y) < 0
}
