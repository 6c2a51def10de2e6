package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// Declarations are directives, and the parser checks none of them: the types that they refer to are yet to be generated. So
// the reader checks them itself. An argument that nobody reads would otherwise pass as one that says nothing.

// standardDirectives are those of GraphQL that may stand in a schema.
var standardDirectives = []string{"deprecated", "specifiedBy", "oneOf"}

// checkDirectives reports directives that are not defined, stand where they may not, or whose arguments do not fit.
func (r *reader) checkDirectives() {
	for _, def := range slices.Concat(r.doc.Schema, r.doc.SchemaExtension) {
		r.checkDirectivesOf(def.Directives, ast.LocationSchema)
	}
	for _, def := range slices.Concat(r.doc.Definitions, r.doc.Extensions) {
		r.checkDirectivesOf(def.Directives, ast.DirectiveLocation(def.Kind))
		location := ast.LocationFieldDefinition
		if def.Kind == ast.InputObject {
			location = ast.LocationInputFieldDefinition
		}
		for _, f := range def.Fields {
			r.checkDirectivesOf(f.Directives, location)
		}
	}
}

func (r *reader) checkDirectivesOf(directives ast.DirectiveList, at ast.DirectiveLocation) {
	seen := map[string]bool{}
	for _, d := range directives {
		def := r.doc.Directives.ForName(d.Name)
		switch {
		case def == nil && slices.Contains(standardDirectives, d.Name):
			continue
		case def == nil:
			var names []string
			for _, def := range r.doc.Directives {
				names = append(names, "@"+def.Name)
			}
			r.fault(d.Position, "there is no directive @%s%s", d.Name, didYouMean("@"+d.Name, names))
			continue
		case !slices.Contains(def.Locations, at):
			r.fault(d.Position, "@%s does not go here: it is for %s", d.Name, locations(def.Locations))
		case seen[d.Name] && !def.IsRepeatable:
			r.fault(d.Position, "@%s is given twice", d.Name)
		}
		seen[d.Name] = true
		r.checkArguments(d, def)
	}
}

func locations(all []ast.DirectiveLocation) string {
	names := make([]string, len(all))
	for i, l := range all {
		names[i] = strings.ToLower(strings.ReplaceAll(string(l), "_", " "))
	}
	return strings.Join(names, " or ")
}

func (r *reader) checkArguments(d *ast.Directive, def *ast.DirectiveDefinition) {
	where := "@" + d.Name
	if name := d.Arguments.ForName("name"); name != nil && name.Value.Kind == ast.StringValue {
		where += " " + name.Value.Raw
	}
	var known []string
	for _, arg := range def.Arguments {
		known = append(known, arg.Name)
		if arg.Type.NonNull && arg.DefaultValue == nil && d.Arguments.ForName(arg.Name) == nil {
			r.fault(d.Position, "%s: %s is missing", where, arg.Name)
		}
	}
	given := map[string]bool{}
	for _, arg := range d.Arguments {
		def := def.Arguments.ForName(arg.Name)
		switch {
		case def == nil:
			r.fault(arg.Position, "%s has no argument %q%s", where, arg.Name, didYouMean(arg.Name, known))
		case given[arg.Name]:
			r.fault(arg.Position, "%s: %s is given twice", where, arg.Name)
		default:
			c := valueCheck{r.fault, r.doc.Definitions.ForName, arg.Position}
			c.value(where+": "+arg.Name, def.Type, arg.Value)
		}
		given[arg.Name] = true
	}
}

// valueCheck reports literals that do not fit their type.
type valueCheck struct {
	fault    func(pos *ast.Position, format string, args ...any)
	typeOf   func(name string) *ast.Definition
	position *ast.Position // of literals that have none
}

func (c valueCheck) at(v *ast.Value) *ast.Position {
	if v.Position != nil && v.Position.Line > 0 {
		return v.Position
	}
	return c.position
}

// value checks a literal. As in GraphQL, a single value fits a list.
func (c valueCheck) value(where string, t *ast.Type, v *ast.Value) {
	switch {
	case v.Kind == ast.NullValue:
		if t.NonNull {
			c.fault(c.at(v), "%s: null is not %s", where, t)
		}
	case t.Elem != nil && v.Kind == ast.ListValue:
		for i, child := range v.Children {
			c.value(fmt.Sprintf("%s[%d]", where, i), t.Elem, child.Value)
		}
	case t.Elem != nil:
		c.value(where, t.Elem, v)
	default:
		c.named(where, t.NamedType, v)
	}
}

// literals are the kinds of literals that scalars are written as. Any literal is JSON.
var literals = map[string][]ast.ValueKind{
	"ID":       {ast.StringValue, ast.BlockValue, ast.IntValue},
	"String":   {ast.StringValue, ast.BlockValue},
	"Int":      {ast.IntValue},
	"Float":    {ast.IntValue, ast.FloatValue},
	"Decimal":  {ast.StringValue, ast.IntValue, ast.FloatValue},
	"Boolean":  {ast.BooleanValue},
	"DateTime": {ast.StringValue},
}

func (c valueCheck) named(where, name string, v *ast.Value) {
	def := c.typeOf(name)
	switch kinds := literals[name]; {
	case kinds != nil:
		if !slices.Contains(kinds, v.Kind) {
			c.fault(c.at(v), "%s: %s is not %s", where, v, withArticle(name))
		}
	case def == nil:
	case def.Kind == ast.Enum:
		var names []string
		for _, e := range def.EnumValues {
			names = append(names, e.Name)
		}
		if v.Kind != ast.EnumValue || !slices.Contains(names, v.Raw) {
			c.fault(c.at(v), "%s: %s is not %s%s", where, v, withArticle(name), didYouMean(v.Raw, names))
		}
	case def.Kind == ast.InputObject:
		c.object(where, def, v)
	}
}

func (c valueCheck) object(where string, def *ast.Definition, v *ast.Value) {
	if v.Kind != ast.ObjectValue {
		c.fault(c.at(v), "%s: %s is not an object { … }", where, v)
		return
	}
	var names []string
	for _, f := range def.Fields {
		names = append(names, f.Name)
		if f.Type.NonNull && f.DefaultValue == nil && v.Children.ForName(f.Name) == nil {
			c.fault(c.at(v), "%s: %s is missing", where, f.Name)
		}
	}
	given := map[string]bool{}
	for _, child := range v.Children {
		at := c
		if child.Position != nil && child.Position.Line > 0 {
			at.position = child.Position
		}
		f := def.Fields.ForName(child.Name)
		switch {
		case f == nil:
			c.fault(at.position, "%s has no field %q%s", where, child.Name, didYouMean(child.Name, names))
		case given[child.Name]:
			c.fault(at.position, "%s: %s is given twice", where, child.Name)
		default:
			at.value(where+"."+child.Name, f.Type, child.Value)
		}
		given[child.Name] = true
	}
}

// mostSuggestions is how many names a message suggests. A list of all is no help where there are a hundred.
const mostSuggestions = 3

// didYouMean returns the end of a message about a name that does not exist: the names that are most alike, or all if they
// are few.
func didYouMean(name string, choices []string) string {
	near := core.SuggestionList(name, choices)
	switch {
	case len(near) > 0:
		return "; did you mean " + core.OrList(near[:min(len(near), mostSuggestions)]...) + "?"
	case len(choices) == 0:
		return ""
	case len(choices) <= 2*mostSuggestions:
		return "; the choices are " + strings.Join(choices, ", ")
	}
	return ""
}

func withArticle(name string) string {
	if strings.ContainsRune("AEIO", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

var decimals = regexp.MustCompile(`^-?\d+(\.\d+)?$`)

// fitsColumn reports whether a text is a value of a column.
func fitsColumn(c *column, text string) bool {
	switch c.typ {
	case recordstore.Integer:
		_, err := strconv.ParseInt(text, 10, 64)
		return err == nil
	case recordstore.Float, recordstore.Decimal:
		return decimals.MatchString(text)
	case recordstore.Boolean:
		return text == "true" || text == "false"
	case recordstore.Time:
		_, err := time.Parse(time.RFC3339Nano, text)
		return err == nil
	case recordstore.JSON:
		return json.Valid([]byte(text))
	case recordstore.Enum:
		return slices.Contains(c.enum, text)
	}
	return true
}

// checkDefault reports a default that is no value of its column. A default of several words describes what the database fills
// in, such as "the next number".
func (r *reader) checkDefault(pos *ast.Position, where string, c *column) {
	if !c.hasDefault || c.defaultText == "" || strings.Contains(c.defaultText, " ") && c.typ != recordstore.JSON {
		return
	}
	if !fitsColumn(c, c.defaultText) {
		choices := ""
		if c.typ == recordstore.Enum {
			choices = didYouMean(c.defaultText, c.enum)
		}
		r.fault(pos, "%s: the default %q is not %s%s", where, c.defaultText, withArticle(c.gqlType), choices)
	}
}

var (
	fieldNames = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
	snakeNames = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// checkName reports a name that generated code could not have. "" is no name, and no fault.
func (r *reader) checkName(pos *ast.Position, where, what, name string) {
	if name != "" && !fieldNames.MatchString(name) {
		r.fault(
			pos,
			"%s: %s %q is no field name: it begins with a small letter and has letters and digits alone",
			where,
			what,
			name,
		)
	}
}

// checkSnakeName is checkName for names of modules, links and keys.
func (r *reader) checkSnakeName(pos *ast.Position, where, what, name string) {
	if name != "" && !snakeNames.MatchString(name) {
		r.fault(pos, "%s: %s %q is not in snake_case: small letters, digits and _", where, what, name)
	}
}
