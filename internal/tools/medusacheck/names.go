package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linkgraph/linkgraph/internal/naming"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// Names that differ between Medusa and our API. All other names follow rules: models have the same name, a link is
// named like Medusa's definition in snake_case, a field like Medusa's in camelCase, and a field whose name ends with
// _link leads to link rows.
var (
	modelNames = map[string]string{
		"LineItem":           "CartLineItem",
		"LineItemAdjustment": "CartLineItemAdjustment",
		"ShippingMethod":     "CartShippingMethod",
	}
	linkNames = map[string]string{
		"SalesChannelLocation": "sales_channel_stock_location",
	}
	// rowFields lead to link rows although their names do not end with _link.
	rowFields = []string{"ProductVariant.inventory_items"}
	// fieldNames are the fields of read-only links, and fields that continue beyond a link.
	fieldNames = map[string][]string{
		"InventoryLevel.stock_locations": {"stockLocation"},
		"ProductVariant.prices":          {"priceSet", "prices"},
		"ShippingOption.prices":          {"priceSet", "prices"},
	}
	// notCompared are fields of Medusa without a counterpart.
	notCompared = map[string]string{
		"Product.cart_items":              "Medusa looks for items whose variant_id is the product's id, and finds none",
		"ProductVariant.calculated_price": "no link: computed by Medusa",
		"ShippingOption.calculated_price": "no link: computed by Medusa",
	}
)

// place is the counterpart of a field of Medusa in our API.
type place struct {
	model string
	path  []string // field names; more than one if Medusa's field continues beyond the link
	rows  bool     // Medusa's field leads to the link rows
}

// place finds the counterpart of the field "Model.field" of a link.
func (c *comparer) place(link, name string) (place, error) {
	model, field, _ := strings.Cut(name, ".")
	p := place{model: ourModel(model)}
	m, ok := c.api.records.Model(p.model)
	if !ok {
		return p, fmt.Errorf("there is no model %s", p.model)
	}
	if path, ok := fieldNames[name]; ok {
		p.path = path
		return p, nil
	}
	p.rows = strings.HasSuffix(field, "_link") || slices.Contains(rowFields, name)
	if d, ok := c.api.links.Link(ourLink(link)); ok && d.ReadOnly == "" {
		p.path = []string{endOf(d, p.model)}
	} else {
		p.path = []string{naming.Camel(field)}
	}
	if _, ok := m.Relation(p.path[0]); !ok {
		return p, fmt.Errorf("%s has no field %q", p.model, p.path[0])
	}
	return p, nil
}

// endOf returns the field of a model that crosses a link.
func endOf(d *linkstore.Definition, model string) string {
	if d.Left.Model == model {
		return d.Left.Field
	}
	if d.Right.Model == model {
		return d.Right.Field
	}
	return ""
}

func ourModel(medusas string) string {
	if name, ok := modelNames[medusas]; ok {
		return name
	}
	return medusas
}

func ourLink(medusas string) string {
	if name, ok := linkNames[medusas]; ok {
		return name
	}
	return naming.Snake(medusas)
}

// medusaLink returns Medusa's name of one of our links, "" if its answer does not have the link.
func (a *answer) medusaLink(ours string) string {
	for name := range a.Links {
		if ourLink(name) == ours {
			return name
		}
	}
	return ""
}

// columnFields returns a selection of a model's own columns.
func columnFields(m *recordstore.Model) string {
	var fields []string
	for i := range m.Columns {
		if m.Columns[i].Parts == nil {
			fields = append(fields, m.Columns[i].Field)
		}
	}
	return strings.Join(fields, " ")
}

// keyField returns the field of a model's primary key.
func keyField(m *recordstore.Model) string { return m.Columns[m.Primary()].Field }
